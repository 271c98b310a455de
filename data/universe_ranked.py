"""Universes by dollar volume as of a day: how they are written, and how a ranking is kept."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.atomic import disk_errors, replace_file
from data.errors import BadTableError, ReferenceFileError
from data.reference_universe import Member, Universe
from data.schema import TICKER_PATTERN

__all__ = ["MOST_NAMES", "WINDOW", "MostTraded", "keep_ranking", "kept_ranking", "most_traded"]

#: Sessions whose median close × volume ranks a stock: about three months.
WINDOW: Final = 63
MOST_NAMES: Final = 3000  # beyond that a day's trading is too thin for any backtest
_VERSION: Final = 1
_WRITTEN: Final = re.compile(r"top:?(\d{1,7})(?:@(\S+))?", re.IGNORECASE)
_TICKER: Final = re.compile(TICKER_PATTERN)


@dataclass(frozen=True, slots=True)
class MostTraded:
    """The `count` most traded stocks as of a day; None = the last day of the market."""

    count: int
    as_of: dt.date | None = None

    @property
    def text(self) -> str:
        """As it is written: top:500@2024-12-31."""
        return f"top:{self.count}" + ("" if self.as_of is None else f"@{self.as_of}")


def most_traded(text: str) -> MostTraded | None:
    """Return what ``top:500`` or ``top:500@2024-12-31`` asks for; None for any other text.

    Raises
    ------
    BadTableError
        A number out of range, or a day that is none.

    Examples
    --------
    >>> most_traded("top:500@2024-12-31")
    MostTraded(count=500, as_of=datetime.date(2024, 12, 31))
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    count, day = int(found[1]), found[2]
    if not 1 <= count <= MOST_NAMES:
        raise BadTableError(
            f"a universe by dollar volume must have 1 to {MOST_NAMES:,} names: {text!r}"
        )
    try:
        return MostTraded(count, None if day is None else dt.date.fromisoformat(day))
    except ValueError as error:
        raise BadTableError(
            f"a universe by dollar volume must be as of a date, as in top:{count}@2024-12-31, was "
            f"{text!r}."
        ) from error


def keep_ranking(
    home: Path, asked: MostTraded, members: Sequence[Member], notes: Sequence[str]
) -> None:
    """Keep a ranking, so that a refresh has the same names; raises StoreFullError, ….

    Parameters
    ----------
    asked : MostTraded
        With its day.
    members : sequence of Member
        Most traded first, under their symbols of today.
    notes : sequence of str
        What a reader must know of it.
    """
    rows = [{"ticker": member.ticker, "name": member.name} for member in members]
    said = {"version": _VERSION, "members": rows, "notes": list(notes)}
    path = _path(home, asked)
    with disk_errors(f"the universe {asked.text}", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(said, indent=1).encode())


def kept_ranking(home: Path, asked: MostTraded) -> Universe:
    """Return a ranking that was kept; what cannot be read is as good as none.

    Raises
    ------
    ReferenceFileError
        Nobody has ranked the stocks for that day yet.
    """
    try:
        said = json.loads(_path(home, asked).read_bytes())
        rows = [(str(row["ticker"]), str(row["name"])) for row in said["members"]]
        if said["version"] != _VERSION or not all(_TICKER.fullmatch(row[0]) for row in rows):
            raise ValueError("not a ranking of this program")
        members = [Member(ticker, name, "stock", None, None) for ticker, name in rows]
        notes = tuple(str(note) for note in said["notes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReferenceFileError(
            f"the universe {asked.text} must have been ranked, was not. Fetch it."
        ) from error
    return Universe(asked.text, tuple(members), asked.as_of, notes)


def _path(home: Path, asked: MostTraded) -> Path:
    return home / "fetched" / "universes" / f"top-{asked.count}-{asked.as_of}.json"
