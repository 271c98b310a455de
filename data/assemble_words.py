"""What a fetched market says of itself: origin, basis of returns, and what a reader must know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.acquire_types import FetchRequest
from data.adjustment import UNUSED_REASONS, Adjusted
from data.assemble_choice import Choice
from data.labels import CHOSEN_LATER, SURVIVORSHIP_BIAS
from data.reference_universe import Universe

__all__ = ["PROVIDERS", "Words"]

PROVIDERS: Final = ("polygon", "yahoo")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What the texts of a snapshot are made of."""

    request: FetchRequest
    universe: Universe
    choice: Choice
    done: Adjusted
    prices: pa.Table
    others: pa.Table

    def origin(self) -> str:
        """Say how many names and rows came from whom."""
        return f"fetched: {self._served()}"

    def return_basis(self) -> str:
        """Say what returns are made of."""
        return (
            "total return: adj_close, made here from the providers' bars, splits and dividends "
            f"({self._served()})"
        )

    def notes(self) -> Iterable[str]:
        """Say what a reader must know."""
        yield self._universe()
        yield from self.universe.notes
        missing = {t: why for t, why in self.choice.missing.items() if not t.startswith("I:")}
        for why in sorted(set(missing.values())):
            tickers = [ticker for ticker in missing if missing[ticker] == why]
            yield f"{_are(len(tickers))} not in the market, {why}: {_some(tickers)}"
        for line in self.choice.lines.values():
            yield from line.left_out
        yield from self._unused()
        if self.request.volatility not in self.choice.lines:
            yield "no volatility index came: rules that read VIX do nothing"

    def _universe(self) -> str:
        name, number = self.universe.name, len(pc.unique(self.prices["ticker"]))
        names = "1 name" if number == 1 else f"{number} names"
        if self.universe.as_of is None:
            return (
                f"universe: {name} as it is now, {names}: companies that failed or left "
                "before are not in it, so results are better than they could have been "
                f"({SURVIVORSHIP_BIAS})"
            )
        day = self.universe.as_of
        return (
            f"universe: {name}, {names} chosen by what was traded up to {day}: those that "
            "failed since are in it; before that day a backtest knows which would become large, "
            f"so results are better than they could have been ({CHOSEN_LATER})"
        )

    def _unused(self) -> Iterable[str]:
        reasons = Counter(self.done.unused["reason"].to_pylist())
        for reason, number in sorted(reasons.items()):
            if reason not in ("before_first_bar", "after_last_bar"):  # that is how it should be
                yield f"{number} splits and dividends are not used: {UNUSED_REASONS[reason]}"

    def _served(self) -> str:
        told = []
        for provider in PROVIDERS:
            rows = [
                table.filter(pc.equal(table["source"], provider))
                for table in (self.prices, self.others)
            ]
            count = sum(part.num_rows for part in rows)
            names = sum(len(pc.unique(part["ticker"])) for part in rows)
            if count:
                told.append(f"{provider} {names:,} names, {count:,} bars")
        return "; ".join(told)


def _are(symbols: int) -> str:
    return "1 symbol is" if symbols == 1 else f"{symbols} symbols are"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
