"""Bars of a stored market as dense arrays of sessions × names, read straight from its file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.publish import SLOT

__all__ = ["PanelAxes", "PricePanel", "read_axes", "read_panel"]

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]
_ADJUSTED = "adj_only"


@dataclass(frozen=True, slots=True, eq=False)
class PricePanel:
    """Bars as dense arrays, time on axis 0.

    Attributes
    ----------
    sessions : datetime64[D][T]
        Distinct dates of prices, increasing.
    tickers : tuple of N str
        Sorted.
    arrays : dict of str to float64[T, N]
        One array for each column asked for; NaN = no bar (or an empty value in a bar).
    full_basis : bool[N]
        False where any bar of the ticker has basis ``adj_only``: its close is dividend-adjusted
        and must not be used for market capitalisation.
    """

    sessions: Dates
    tickers: tuple[str, ...]
    arrays: dict[str, Floats]
    full_basis: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PanelAxes:
    """Sessions and names of a file of prices; fields as in `PricePanel`."""

    sessions: Dates
    tickers: tuple[str, ...]
    full_basis: npt.NDArray[np.bool_]


def read_axes(path: Path) -> PanelAxes:
    """Return the axes of a file of prices, which is sorted by date and ticker.

    Raises pyarrow.ArrowException or OSError where it cannot be read.
    """
    texts = ["ticker", "basis"]
    table = pq.ParquetFile(path, read_dictionary=texts).read(["date", *texts])
    days = table["date"].to_numpy().astype("datetime64[D]")
    chunks = table["ticker"].chunks
    tickers = sorted(set().union(*(chunk.dictionary.to_pylist() for chunk in chunks)))
    full = np.ones(len(tickers), dtype=np.bool_)
    adjusted = pc.equal(table["basis"].cast(pa.string()), _ADJUSTED) if _is_mixed(table) else None
    if adjusted is not None:
        found = set(pc.unique(table["ticker"].filter(adjusted)).to_pylist())
        full = np.array([ticker not in found for ticker in tickers], dtype=np.bool_)
    first = np.ones(len(days), dtype=np.bool_)
    first[1:] = days[1:] != days[:-1]
    return PanelAxes(days[first], tuple(tickers), full)


def read_panel(
    path: Path, axes: PanelAxes, columns: Sequence[str], withheld_from: dt.date | None = None
) -> PricePanel:
    """Return columns of a file of prices as dense arrays, up to a sealed holdout.

    A file with a bar for every session and name is its own panel: it is only given another shape.

    Raises
    ------
    ValueError
        A bar lies outside the panel.
    pyarrow.ArrowException, OSError
    """
    names = len(axes.tickers)
    file = pq.ParquetFile(path)
    whole = file.metadata.num_rows == len(axes.sessions) * names
    table = file.read(list(columns) if whole else [SLOT, *columns])
    kept = len(axes.sessions)
    if withheld_from is not None:
        kept = int(np.searchsorted(axes.sessions, np.datetime64(withheld_from, "D")))
    if whole:
        arrays = {name: _numbers(table[name])[: kept * names] for name in columns}
        shaped = {name: values.reshape(kept, names) for name, values in arrays.items()}
    else:
        slots = table[SLOT].to_numpy()
        if len(slots) and slots.max() >= len(axes.sessions) * names:
            raise ValueError("a bar lies outside the panel")
        rows = int(np.searchsorted(slots, kept * names))
        shaped = {}
        for name in columns:
            panel = np.full(kept * names, np.nan)
            panel[slots[:rows]] = _numbers(table[name])[:rows]
            shaped[name] = panel.reshape(kept, names)
    return PricePanel(axes.sessions[:kept], axes.tickers, shaped, axes.full_basis)


def _is_mixed(table: pa.Table) -> bool:
    return any(_ADJUSTED in chunk.dictionary.to_pylist() for chunk in table["basis"].chunks)


def _numbers(values: pa.ChunkedArray) -> Floats:
    # Always an array of its own: one without holes would be read-only memory of arrow's.
    numbers: Floats = values.to_numpy()
    return numbers if numbers.flags.writeable else numbers.copy()
