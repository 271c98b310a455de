"""One file on its way into the store: read, judged row by row, every row accounted for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from data.checks import REASON_NAMES, flag_rows, judge_duplicates, judge_rows, unordered
from data.convert import Parsed, absent, parse_column
from data.errors import BadTableError
from data.files import RawTable, read_raw
from data.overrides import EXCLUDE_BY, Exclusion
from data.reports import TableReport
from data.schema import SECTORS, TableSchema

__all__ = ["Intake", "take_in"]

Bools = npt.NDArray[np.bool_]
_EPOCH = np.datetime64("1970-01-01", "D")
_FINDINGS = ("table", "fate", "reason", "file_row", "row")


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What became of one file.

    Attributes
    ----------
    report : TableReport
    table : pyarrow.Table
        Rows to store, in the order of the file, with every column of the schema.
    given : frozenset of str
        Columns that the file had.
    out_of_scope : pyarrow.Table
        Good rows of symbols without prices.
    findings : DataFrame
        Quarantined and flagged rows.
    matched : dict of Exclusion to int
        Rows that each exclusion took out or, where they were in quarantine already, names.
    """

    report: TableReport
    table: pa.Table
    given: frozenset[str]
    out_of_scope: pa.Table
    findings: pd.DataFrame
    matched: dict[Exclusion, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Fates:
    # What becomes of each row; of several fates the first in the order outside, quarantined,
    # excluded counts.
    verdict: npt.NDArray[np.int16]
    outside: Bools
    excluded: Bools

    @property
    def quarantined(self) -> Bools:
        rows: Bools = (self.verdict != 0) & ~self.outside
        return rows

    @property
    def kept(self) -> Bools:
        rows: Bools = (self.verdict == 0) & ~self.outside & ~self.excluded
        return rows


def take_in(
    path: Path,
    schema: TableSchema,
    *,
    today: dt.date,
    exclusions: Sequence[Exclusion] = (),
    in_scope: Collection[str] | None = None,
) -> Intake:
    """Read a file and decide what happens to each of its rows.

    Parameters
    ----------
    path : Path
    schema : TableSchema
    today : date
        Day of the import.
    exclusions : sequence of Exclusion
        Those of this table.
    in_scope : collection of str, optional
        Tickers that have prices; rows of others are left out and counted. None = every row.

    Raises
    ------
    BadTableError
        The file cannot be read as this table, or not one row of it can be used.
    MissingColumnError
    """
    raw = read_raw(path, schema)
    columns = {name: _parsed(raw, schema, name) for name in (c.name for c in schema.columns)}
    columns = _with_defaults(columns, path)
    verdict = judge_rows(schema, columns, today)
    outside = _outside(columns, in_scope)
    good = np.flatnonzero((verdict == 0) & ~outside)
    verdict[good] = judge_duplicates(schema, columns, good)
    excluded, matched = _excluded(schema, columns, exclusions)
    fates = _Fates(verdict, outside, excluded)
    flags = {name: mask & fates.kept for name, mask in flag_rows(schema, columns).items()}
    return Intake(
        report=_report(raw, schema, columns, fates, flags),
        table=_rows(schema, columns, np.flatnonzero(fates.kept)),
        given=frozenset(raw.columns),
        out_of_scope=_rows(schema, columns, np.flatnonzero(outside & (verdict == 0))),
        findings=_findings(raw, schema, verdict, fates.quarantined, flags),
        matched=matched,
    )


def _report(
    raw: RawTable,
    schema: TableSchema,
    columns: dict[str, Parsed],
    fates: _Fates,
    flags: dict[str, Bools],
) -> TableReport:
    quarantined = fates.quarantined
    report = TableReport(
        table=schema.name,
        file=raw.path.name,
        read=raw.table.num_rows + len(raw.malformed),
        stored=int(fates.kept.sum()),
        excluded=int((fates.excluded & ~quarantined & ~fates.outside).sum()),
        out_of_scope=int(fates.outside.sum()),
        quarantined=_quarantine_counts(fates.verdict[quarantined], len(raw.malformed)),
        flagged={name: int(mask.sum()) for name, mask in flags.items() if mask.any()},
        notes=_notes(raw, schema, columns, quarantined),
    )
    if not report.stored and not report.out_of_scope:
        raise BadTableError(
            f"not one row of {schema.name} in {raw.path} can be used: "
            f"{'; '.join(report.lines()).strip()}. Nothing was stored."
        )
    return report


def _parsed(raw: RawTable, schema: TableSchema, name: str) -> Parsed:
    kind = schema.column(name).kind
    if name not in raw.columns:
        return absent(kind, raw.table.num_rows)
    found = raw.columns[name]
    return parse_column(raw.table[found], kind, f"{schema.name}.{found} of {raw.path.name}")


def _with_defaults(columns: dict[str, Parsed], path: Path) -> dict[str, Parsed]:
    # Labels only: no figure is ever made up.
    defaults = {"basis": "full", "source": path.name, "date_kind": "filing", "dataset": path.stem}
    done = dict(columns)
    for name, text in defaults.items():
        if name in columns and columns[name].missing.any():
            column = columns[name]
            codes = np.where(column.missing, len(column.texts), column.values).astype(np.int32)
            present = np.zeros(len(codes), dtype=bool)
            done[name] = replace(column, values=codes, missing=present, texts=(*column.texts, text))
    return done


def _outside(columns: dict[str, Parsed], in_scope: Collection[str] | None) -> Bools:
    ticker = columns.get("ticker")
    if in_scope is None or ticker is None:
        return np.zeros(len(next(iter(columns.values())).missing), dtype=bool)
    known = frozenset(in_scope)
    strange = np.array([text not in known for text in ticker.texts] or [True], dtype=bool)
    outside: Bools = strange[ticker.values]
    if "has_prices" in columns:
        said = columns["has_prices"]
        outside = outside | ((said.values == 0) & ~said.missing & ~said.bad)
    return outside & ~ticker.missing  # a row without a symbol is a bad row, not a foreign one


def _excluded(
    schema: TableSchema, columns: dict[str, Parsed], exclusions: Sequence[Exclusion]
) -> tuple[Bools, dict[Exclusion, int]]:
    excluded = np.zeros(len(next(iter(columns.values())).missing), dtype=bool)
    matched: dict[Exclusion, int] = {}
    for exclusion in exclusions:
        by, when = (columns[name] for name in EXCLUDE_BY[schema.name])
        code = by.texts.index(exclusion.ticker) if exclusion.ticker in by.texts else -1
        hit = (by.values == code) & ~by.missing & ~when.missing & ~when.bad
        if exclusion.start is not None:
            hit &= when.values >= _days(exclusion.start)
        if exclusion.end is not None:
            hit &= when.values <= _days(exclusion.end)
        if exclusion.dataset is not None:
            dataset = columns["dataset"]
            named = exclusion.dataset in dataset.texts
            code = dataset.texts.index(exclusion.dataset) if named else -1
            hit &= (dataset.values == code) & ~dataset.missing
        matched[exclusion] = int(hit.sum())
        excluded |= hit
    return excluded, matched


def _days(day: dt.date) -> int:
    return int((np.datetime64(day, "D") - _EPOCH).astype(np.int64))


def _quarantine_counts(codes: npt.NDArray[np.int16], malformed: int) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(REASON_NAMES))
    counts[REASON_NAMES.index("malformed_row")] += malformed
    return {REASON_NAMES[code]: int(counts[code]) for code in np.flatnonzero(counts)}


def _notes(
    raw: RawTable, schema: TableSchema, columns: dict[str, Parsed], quarantined: Bools
) -> tuple[str, ...]:
    notes = []
    if unordered(schema, columns):
        notes.append("the dates came unordered and were sorted")
    if raw.ignored:
        notes.append(f"columns left aside: {', '.join(raw.ignored)}")
    if "sector" in columns:
        sector = columns["sector"]
        used = np.unique(sector.values[quarantined & ~sector.missing])
        strange = [sector.texts[code] for code in used if sector.texts[code] not in SECTORS]
        if strange:
            notes.append(f"unknown sectors: {', '.join(strange[:8])}; known: {', '.join(SECTORS)}")
    return tuple(notes)


def _rows(schema: TableSchema, columns: dict[str, Parsed], rows: npt.NDArray[np.int64]) -> pa.Table:
    return pa.table({column.name: columns[column.name].take(rows) for column in schema.columns})


def _findings(
    raw: RawTable,
    schema: TableSchema,
    verdict: npt.NDArray[np.int16],
    quarantined: Bools,
    flags: dict[str, Bools],
) -> pd.DataFrame:
    bad = np.flatnonzero(quarantined)
    fates = [(bad, "quarantined", [REASON_NAMES[code] for code in verdict[bad]])]
    for name, mask in flags.items():
        rows = np.flatnonzero(mask)
        fates.append((rows, "flagged", [name] * len(rows)))
    parts = [_finding(raw, *fate) for fate in fates if len(fate[0])]
    if raw.malformed:
        parts.append(
            pd.DataFrame(
                {
                    "fate": "quarantined",
                    "reason": "malformed_row",
                    "file_row": [row.file_row for row in raw.malformed],
                    "row": [json.dumps(row.text) for row in raw.malformed],
                }
            )
        )
    if not parts:
        return pd.DataFrame({name: [] for name in _FINDINGS})
    return pd.concat(parts, ignore_index=True).assign(table=schema.name)[list(_FINDINGS)]


def _finding(
    raw: RawTable, rows: npt.NDArray[np.int64], fate: str, reasons: list[str]
) -> pd.DataFrame:
    chosen = raw.table.take(rows)
    for place, column in enumerate(chosen.schema):
        if pa.types.is_temporal(column.type):  # 2024-06-03, not milliseconds
            texts = chosen[column.name].cast(pa.string())
            chosen = chosen.set_column(place, column.name, texts)
    texts = chosen.to_pandas().to_json(orient="records", lines=True, default_handler=str)
    return pd.DataFrame(
        {
            "fate": fate,
            "reason": reasons,
            "file_row": raw.file_row[rows],
            "row": texts.splitlines(),
        }
    )
