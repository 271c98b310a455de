"""GICS sector of a company from its SIC code, by longest prefix, with dates; overrides kept apart.

GICS is a licensed classification by company; SIC codes are public and by activity. The rules turn
one into the other from what the SIC manual says each group contains. Where that misleads for a
single company, an override says so, with its reason; the rules stay as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from data.errors import ReferenceFileError
from data.schema import SECTORS

__all__ = [
    "SectorAnswer",
    "SectorOverride",
    "SectorRule",
    "parse_overrides",
    "parse_rules",
    "sector_of",
    "sector_of_sic",
    "sector_overrides",
    "sector_rules",
]

Origin = Literal["override", "rule", "none"]
_RULES, _OVERRIDES = "sic-to-gics.csv", "sector-overrides.csv"


@dataclass(frozen=True, slots=True)
class SectorRule:
    """SIC codes that start with `prefix` belong to `sector` from `first` to `last`, both inclusive.

    ``sector`` None means: known, and no sector can be told from it. ``first`` or ``last`` None
    means without end on that side.
    """

    prefix: str
    sector: str | None
    first: dt.date | None
    last: dt.date | None
    about: str


@dataclass(frozen=True, slots=True)
class SectorOverride:
    """Sector of one company whose SIC code misleads.

    ``cik`` guards against a symbol that another company uses: where both sides have one and they
    differ, the override does not apply.
    """

    ticker: str
    sector: str
    first: dt.date | None
    last: dt.date | None
    cik: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class SectorAnswer:
    """A sector, or None, and where it comes from; `reason` names the rule or the override."""

    sector: str | None
    origin: Origin
    reason: str


def sector_of(
    ticker: str, sic: int | str | None, as_of: dt.date, *, cik: int | None = None
) -> SectorAnswer:
    """Return the GICS sector of a company on a day: its override, else the rule of its SIC code.

    Parameters
    ----------
    ticker : str
        Symbol on that day, as the exchange writes it (BRK.B); BRK-B is understood too.
    sic : int, str or None
        Four-digit code; 100 and "0100" are the same. None = not known.
    as_of : date
        Day for which the sector is asked; what changed later is not applied.
    cik : int, optional
        The filer's number, where known.
    """
    symbol = ticker.replace("-", ".")
    for override in sector_overrides().get(symbol, ()):
        other = cik is not None and override.cik is not None and cik != override.cik
        if not other and _in_force(override, as_of):
            return SectorAnswer(override.sector, "override", override.reason)
    rule = sector_of_sic(sic, as_of)
    if rule is None or rule.sector is None:
        why = "no SIC code" if sic is None else f"SIC {sic} tells no sector"
        return SectorAnswer(None, "none", f"{why}: {rule.about}" if rule else why)
    return SectorAnswer(rule.sector, "rule", f"SIC {rule.prefix}: {rule.about}")


def sector_of_sic(sic: int | str | None, as_of: dt.date) -> SectorRule | None:
    """Return the longest rule in force on `as_of` for a SIC code, or None.

    Examples
    --------
    >>> sector_of_sic(7311, dt.date(2024, 1, 2)).sector
    'Communication Services'
    >>> sector_of_sic(7311, dt.date(2018, 1, 2)).sector
    'Consumer Discretionary'
    """
    code = _code(sic)
    rules = _by_prefix()
    for length in range(len(code), 1, -1):
        for rule in rules.get(code[:length], ()):
            if _in_force(rule, as_of):
                return rule
    return None


@functools.cache
def sector_rules() -> tuple[SectorRule, ...]:
    """Return the rules that ship with the program, sorted by prefix."""
    return parse_rules(_shipped(_RULES), _RULES)


@functools.cache
def sector_overrides() -> dict[str, tuple[SectorOverride, ...]]:
    """Return the overrides that ship with the program, by ticker."""
    found: dict[str, tuple[SectorOverride, ...]] = {}
    for override in parse_overrides(_shipped(_OVERRIDES), _OVERRIDES):
        found[override.ticker] = (*found.get(override.ticker, ()), override)
    return found


def parse_rules(text: str, where: str) -> tuple[SectorRule, ...]:
    """Read rules from CSV text: prefix, sector, from, to, about.

    Raises
    ------
    ReferenceFileError
        A prefix that is not 2 to 4 digits, an unknown sector, a bad date, a rule without words, or
        two rules of one prefix in force on one day.
    """
    rules = []
    for line, row in _rows(text, where, ("prefix", "sector", "from", "to", "about")):
        prefix = row["prefix"]
        if not (prefix.isascii() and prefix.isdigit() and 2 <= len(prefix) <= 4):
            raise _bad(where, line, f"prefix must be 2 to 4 digits, was {prefix!r}")
        if not row["about"]:
            raise _bad(where, line, "about must say what the rule covers, was empty")
        first, last = _span(row, where, line)
        sector = _sector(row["sector"], where, line) if row["sector"] else None
        rules.append(SectorRule(prefix, sector, first, last, row["about"]))
    _must_not_overlap(((rule.prefix, rule.first, rule.last) for rule in rules), where)
    return tuple(sorted(rules, key=lambda rule: (rule.prefix, rule.first or dt.date.min)))


def parse_overrides(text: str, where: str) -> tuple[SectorOverride, ...]:
    """Read overrides from CSV text: ticker, sector, from, to, cik, reason; errors as above."""
    found = []
    for line, row in _rows(text, where, ("ticker", "sector", "from", "to", "cik", "reason")):
        if not row["ticker"] or not row["reason"]:
            raise _bad(where, line, "ticker and reason must not be empty")
        first, last = _span(row, where, line)
        if row["cik"] and not row["cik"].isdigit():
            raise _bad(where, line, f"cik must be a number, was {row['cik']!r}")
        cik = int(row["cik"]) if row["cik"] else None
        sector = _sector(row["sector"], where, line)
        found.append(SectorOverride(row["ticker"], sector, first, last, cik, row["reason"]))
    _must_not_overlap(((entry.ticker, entry.first, entry.last) for entry in found), where)
    return tuple(found)


@functools.cache
def _by_prefix() -> dict[str, tuple[SectorRule, ...]]:
    found: dict[str, tuple[SectorRule, ...]] = {}
    for rule in sector_rules():
        found[rule.prefix] = (*found.get(rule.prefix, ()), rule)
    return found


def _shipped(name: str) -> str:
    return resources.files("data").joinpath("reference", name).read_text(encoding="utf-8")


def _code(sic: int | str | None) -> str:
    text = "" if sic is None else str(sic).strip()
    return text.zfill(4) if text.isdigit() and 0 < int(text) <= 9999 else ""


def _in_force(entry: SectorRule | SectorOverride, day: dt.date) -> bool:
    after = entry.first is None or entry.first <= day
    return after and (entry.last is None or day <= entry.last)


def _rows(text: str, where: str, names: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if tuple(reader.fieldnames or ()) != names:
        raise _bad(where, 1, f"columns must be {', '.join(names)}, were {reader.fieldnames}")
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise _bad(where, reader.line_num, f"a row must have {len(names)} fields")
        rows.append((reader.line_num, {name: row[name].strip() for name in names}))
    return rows


def _span(row: dict[str, str], where: str, line: int) -> tuple[dt.date | None, dt.date | None]:
    try:
        first, last = (
            dt.date.fromisoformat(row[name]) if row[name] else None for name in ("from", "to")
        )
    except ValueError as error:
        raise _bad(where, line, f"from and to must be dates (2024-06-03): {error}") from error
    if first is not None and last is not None and last < first:
        raise _bad(where, line, f"to must not lie before from, was {last} before {first}")
    return first, last


def _sector(name: str, where: str, line: int) -> str:
    if name not in SECTORS:
        raise _bad(where, line, f"sector must be one of the eleven GICS sectors, was {name!r}")
    return name


def _must_not_overlap(
    spans: Iterable[tuple[str, dt.date | None, dt.date | None]], where: str
) -> None:
    ordered = sorted((key, first or dt.date.min, last or dt.date.max) for key, first, last in spans)
    for (key, _, last), (other, first, _) in itertools.pairwise(ordered):
        if key == other and first <= last:
            raise ReferenceFileError(
                f"{where}: entries of {key} must not be in force on one day, two are on {first}. "
                "Correct their from and to."
            )


def _bad(where: str, line: int, fault: str) -> ReferenceFileError:
    return ReferenceFileError(f"{where}, line {line}: {fault}. Correct the file.")
