"""How far the nearest stop was, session by session: what a price may fall before a rule sells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.explain_state import RunRecord
from core.ledger import PORTFOLIO
from core.rule_walk import stop_scales
from core.units import Bools, Floats, Ints

__all__ = ["StopRoom", "stop_room"]


@dataclass(frozen=True, slots=True, eq=False)
class StopRoom:
    """The name nearest to either stop at each close.

    Attributes
    ----------
    position, trailing : float64[T]
        Fraction by which the price of the nearest name may fall to its level: 1 - level / close;
        0 or less where it has, NaN where no name has such a stop.
    position_name, trailing_name : int64[T]
        Its column, -1 without one.
    """

    position: Floats
    trailing: Floats
    position_name: Ints
    trailing_name: Ints


def stop_room(record: RunRecord) -> StopRoom:
    """Measure how near each close brought a held name to its stops.

    With stops on closes, of the names tested at that close; with stops that rest in the market, of
    the levels that rest over the next session.
    """
    average, highest, asked = _levels(record)
    close = _carried(record.inputs.close)
    scale = stop_scales(record.inputs)[:, None]
    limits = (record.risk.position_stop_loss, record.risk.trailing_stop_pct)
    found = [
        _nearest(np.where(asked, 1.0 - reference * (1.0 - limit * scale) / close, np.nan))
        if limit is not None
        else (np.full(len(close), np.nan), np.full(len(close), PORTFOLIO))
        for reference, limit in zip((average, highest), limits, strict=True)
    ]
    (position, position_name), (trailing, trailing_name) = found
    return StopRoom(position, trailing, position_name, trailing_name)


def _levels(record: RunRecord) -> tuple[Floats, Floats, Bools]:
    # Average entry, highest close, and which names are tested or protected at each close.
    average, highest, close = record.average, record.highest, record.inputs.close
    if record.lag == 0 and not record.rests:  # the fill of a close follows its tests
        before = np.full((1, close.shape[1]), np.nan)
        average = np.vstack([before, average[:-1]])
        highest = np.fmax(
            np.vstack([before, highest[:-1]]), np.where(np.isnan(average), np.nan, close)
        )
    asked = np.isfinite(average)
    held = record.held
    wait = record.lag if record.rests else 1
    for i, ordered, end in zip(held.security, held.ordered, held.exit, strict=True):
        asked[ordered + wait : end + 1, i] = False
    if not record.rests:
        asked &= np.isfinite(close) & ~np.isnan(record.result.wanted_exposure)[:, None]
    return average, highest, asked


def _nearest(room: Floats) -> tuple[Floats, Ints]:
    known = np.where(np.isnan(room), np.inf, room)
    name = np.argmin(known, axis=1)
    least = known[np.arange(len(room)), name]
    none = np.isinf(least)
    return np.where(none, np.nan, least), np.where(none, PORTFOLIO, name)


def _carried(close: Floats) -> Floats:
    rows = np.arange(len(close))[:, None]
    bars = np.maximum.accumulate(np.where(np.isfinite(close), rows, 0), axis=0)
    carried: Floats = np.take_along_axis(close, bars, axis=0)
    return carried
