"""The sealed holdout: the last sessions of a market, withheld from every reader until opened once.

A small file beside the store says from which date on nothing is read. The journal has every sealing
and opening in its chain, so that a seal that was taken away shows. After the opening the data have
another fingerprint for good: every run that could see the holdout carries it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from data.atomic import disk_errors, replace_file, write_lock
from data.errors import DataError, StoreCorruptError
from data.journal import Journal, now
from data.snapshot import Snapshot, current_snapshot
from data.trial_count import trials_in

__all__ = [
    "OPENED",
    "SEALED",
    "SHORTEST_DECISION",
    "Holdout",
    "HoldoutError",
    "holdout_fault",
    "holdout_of",
    "open_holdout",
    "seal",
    "withheld",
]

SEALED: Final = "holdout sealed"
OPENED: Final = "holdout opened"
SHORTEST_DECISION: Final = 20  # characters: a reason, not a word
_LEAST_LEFT: Final = 365  # days of data that must stay for tuning


class HoldoutError(DataError, ValueError):
    """A holdout cannot be sealed or opened."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """A holdout of one market.

    Attributes
    ----------
    market : str
    first : date
        First date that is, or was, withheld.
    sealed_at : str
        UTC.
    tried_before : int
        Settings tried while those dates could be seen: they are no surprise to whoever tried.
    opened_at, decision : str
        "" while sealed.
    """

    market: str
    first: dt.date
    sealed_at: str
    tried_before: int
    opened_at: str = ""
    decision: str = ""

    @property
    def is_sealed(self) -> bool:
        """Whether the dates are withheld."""
        return not self.opened_at

    @property
    def stamp(self) -> str:
        """What a run on opened data says of itself, for good."""
        return (
            f"holdout from {self.first} opened on {self.opened_at[:10]}: from there on nothing is "
            f"out of sample any more. Decision: “{self.decision}”"
        )


def holdout_of(home: Path, market: str) -> Holdout | None:
    """Return the holdout of a market, None where there never was one.

    Raises
    ------
    StoreCorruptError
        Its file is damaged: rather nothing is read than what was to be withheld.
    """
    path = _path(home, market)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error
    try:
        values = json.loads(text)
        return Holdout(**values | {"first": dt.date.fromisoformat(values["first"])})
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path, str(error)) from error


def withheld(home: Path, snapshot: Snapshot) -> Snapshot:
    """Return `snapshot` as readers may see it: cut where it is sealed, stamped where opened."""
    held = holdout_of(home, snapshot.name)
    if held is None:
        return snapshot
    if held.is_sealed:
        return replace(
            snapshot,
            fingerprint=f"{snapshot.fingerprint}-sealed-{held.first}",
            last_date=min(snapshot.last_date, held.first - dt.timedelta(days=1)),
            withheld_from=held.first,
        )
    return replace(
        snapshot, fingerprint=f"{snapshot.fingerprint}-opened-{held.first}", stamp=held.stamp
    )


def seal(home: Path, journal: Journal, market: str, first: dt.date) -> Holdout:
    """Withhold every date of `market` from `first` on, from every reader, until it is opened.

    Raises
    ------
    HoldoutError
        There is a holdout already, or the date leaves too little on one side.
    data.errors.DataError
        The market or the journal cannot be used; nothing is sealed then.
    """
    snapshot = current_snapshot(home, market)
    with _alone(home, market):
        _check_none(home, journal, market, first)
        earliest = snapshot.first_date + dt.timedelta(days=_LEAST_LEFT)
        if not earliest <= first <= snapshot.last_date:
            raise HoldoutError(
                f"a holdout of {market!r} must begin between {earliest} and {snapshot.last_date}, "
                f"was {first}: a year must be left to tune on."
            )
        tried = sum(
            trials_in(row["metrics"]) for row in journal.tried(market) if _saw(row["values"], first)
        )
        held = Holdout(market, first, now(), tried)
        detail = {"first": str(first), "tried_before": tried, "fingerprint": snapshot.fingerprint}
        journal.record_event(SEALED, market, detail)
        _write(home, held)
        return held


def _check_none(home: Path, journal: Journal, market: str, first: dt.date) -> None:
    before = holdout_of(home, market)
    if before is not None:
        state = "is sealed" if before.is_sealed else f"was opened on {before.opened_at[:10]}"
        raise HoldoutError(
            f"market {market!r} can have one holdout, and has: from {before.first}, which {state}. "
            "Import newer data under another name to have one again."
        )
    # Where the file was lost, or never written after a crash, the journal still has its date.
    since, opened = _told(_events(journal, market))
    if opened or (since and since != str(first)):
        state = f"opened from {since}" if opened else f"sealed from {since}"
        way = "Restore its file from a copy" if opened else f"Seal it from {since}"
        raise HoldoutError(
            f"market {market!r} can have one holdout, and the journal has it {state}, without its "
            f"file. {way}, or import newer data under another name."
        )


def open_holdout(
    home: Path, journal: Journal, market: str, decision: str, setting: Mapping[str, Any]
) -> Holdout:
    """Open the holdout of a market, once and for good.

    Parameters
    ----------
    home : Path
    journal : Journal
    market : str
    decision : str
        What was decided before looking: 20 characters at least. It is logged.
    setting : mapping
        Hash and values of the setting that is to be judged; logged with the decision.

    Raises
    ------
    HoldoutError
        There is none, it was opened before, or nothing was decided.
    data.errors.DataError
        The journal cannot be written; it stays sealed then.
    """
    decision = " ".join(decision.split())
    with _alone(home, market):
        held = holdout_of(home, market)
        if held is None or not held.is_sealed:
            state = "has none" if held is None else f"opened it on {held.opened_at[:10]}"
            raise HoldoutError(f"a sealed holdout can be opened, market {market!r} {state}.")
        if len(decision) < SHORTEST_DECISION:
            raise HoldoutError(
                f"a decision of at least {SHORTEST_DECISION} characters must be written before a "
                f"holdout is opened, had {len(decision)}: which setting is kept, and what result "
                "would make you drop it."
            )
        opened = replace(held, opened_at=now(), decision=decision)
        detail = {"first": str(held.first), "decision": decision, "setting": dict(setting)}
        journal.record_event(OPENED, market, detail)
        _write(home, opened)
        return opened


def holdout_fault(home: Path, journal: Journal, market: str) -> str:
    """Return where the seal of a market is not what the journal says of it; "" where it is.

    Also where settings were recorded on the unsealed data while it was sealed: who takes the file
    away, looks, and puts it back leaves them.
    """
    events = _events(journal, market)
    held = holdout_of(home, market)
    since, is_open = _told(events)
    said = f"{'opened' if is_open else 'sealed'} from {since}" if events else "none"
    found = "none"
    if held is not None:
        found = f"{'sealed' if held.is_sealed else 'opened'} from {held.first}"
    if said != found:
        return (
            f"the holdout of {market!r} is not as the journal has it ({said}, found {found}): its "
            "file was changed behind the program's back, or a crash kept it from being written"
        )
    looked = _looked(journal, market, events)
    if not looked:
        return ""
    had = "1 setting was" if looked == 1 else f"{looked:,} settings were"
    return (
        f"the holdout of {market!r} was seen while it was sealed: {had} recorded on unsealed data "
        "after the sealing. Its file was taken away for a time, or they were begun before it"
    )


def _events(journal: Journal, market: str) -> list[dict[str, Any]]:
    return [e for e in journal.events(subject=market) if e["kind"] in (SEALED, OPENED)]


def _told(events: list[dict[str, Any]]) -> tuple[str, bool]:
    # From when it is sealed by the journal, "" where it never was, and whether it was opened.
    since = [str(e["detail"]["first"]) for e in events if e["kind"] == SEALED]
    return (since[-1] if since else ""), bool(events) and events[-1]["kind"] == OPENED


def _looked(journal: Journal, market: str, events: list[dict[str, Any]]) -> int:
    # Rows of the market, between sealing and opening, of data that were not cut. An import brings
    # those of other stores; of a sweep over markets the fingerprint may be another market's.
    if not events:
        return 0
    until = next((str(e["at"]) for e in events if e["kind"] == OPENED), "~")
    sql = """SELECT id FROM trials WHERE json_extract("values", '$."universe.source"') = ?
        AND at > ? AND at < ? AND fingerprint NOT LIKE '%-sealed-%'
        AND json_extract("values", '$."sweep.axes"."universe.source"') IS NULL"""
    with journal.connected() as connection:
        rows = [r[0] for r in connection.execute(sql, (market, str(events[0]["at"]), until))]
    if not rows:
        return 0
    brought = [e["detail"].get("trials") or (0, 0) for e in journal.events("import")]
    return sum(not any(first <= row <= last for first, last in brought) for row in rows)


def _saw(values: Mapping[str, Any], first: dt.date) -> bool:
    end = values.get("period.end")
    return end is None or str(end) >= str(first)


def _alone(home: Path, market: str) -> AbstractContextManager[None]:
    # Check, event and file are one step: of two who open at once, one is told that it is open.
    return write_lock(home / "holdout" / f".{market}.lock", f"the holdout of {market!r}")


def _path(home: Path, market: str) -> Path:
    return home / "holdout" / f"{market}.json"


def _write(home: Path, held: Holdout) -> None:
    path = _path(home, held.market)
    values = {name: getattr(held, name) for name in Holdout.__slots__} | {"first": str(held.first)}
    with disk_errors("the holdout", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(values, indent=1, ensure_ascii=False).encode())


def _damaged(path: Path, fault: str) -> StoreCorruptError:
    return StoreCorruptError(
        f"the holdout file {path} cannot be read ({fault}): nothing of its market is shown, lest "
        "what was sealed be seen. Restore the file from a copy."
    )
