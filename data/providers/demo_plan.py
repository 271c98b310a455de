"""What happens to whom, and when: listings, delistings, index changes, splits, halts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.providers.demo_calendar import month_starts
from data.providers.demo_names import Company

__all__ = ["MEMBERS", "Interval", "Plan", "Split", "draw_plan"]

Ints = npt.NDArray[np.int64]
Dates = npt.NDArray[np.datetime64]

MEMBERS = 200
_MERGERS, _FAILURES, _DATA_ENDS, _DEMOTIONS = 8, 6, 2, 9
_LISTINGS = 11
_SPLIT_RATIOS = (2.0, 4.0, 3.0, 2.0, 10.0, 2.0)
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Interval:
    """Membership of one company: from session `start` to before `end` (None: still a member)."""

    company: int
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Split:
    """`ratio` new shares for one old share, first traded so in `session`."""

    company: int
    session: int
    ratio: float


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The course of events; sessions are indices into the whole calendar, warm-up included.

    Attributes
    ----------
    first : int
        First session that is shown; those before it only warm the model up.
    listed, last : int64[N]
        First and last session with bars; the length of the calendar for companies that live on.
    bid, decline : int64[N]
        Session of a take-over bid, and the one from which a failing company declines; -1 = never.
    sudden : int
        The one company that fails within days.
    delisting_return : float64[N]
        NaN where the company lives on or only its data ends.
    data_ended : bool[N]
    intervals : tuple of Interval
    splits : tuple of Split
    halts : int64[H, 2]
        Session and company of each missing bar.
    """

    first: int
    listed: Ints
    last: Ints
    bid: Ints
    decline: Ints
    sudden: int
    delisting_return: npt.NDArray[np.float64]
    data_ended: npt.NDArray[np.bool_]
    intervals: tuple[Interval, ...]
    splits: tuple[Split, ...]
    halts: Ints

    def members(self, sessions: int) -> npt.NDArray[np.bool_]:
        """Return bool[T, N]: whether a company is in the index in each session."""
        member = np.zeros((sessions, len(self.listed)), dtype=np.bool_)
        for spell in self.intervals:
            member[spell.start : spell.end, spell.company] = True
        return member


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    # One row an index change: who leaves and why, who joins, from which session on.
    leaver: Ints
    joiner: Ints
    session: Ints
    reason: tuple[str, ...]
    steady: Ints  # members from the first to the last session


def draw_plan(
    rng: np.random.Generator, calendar: Dates, first: int, listed: tuple[Company, ...]
) -> Plan:
    """Draw the course of events; the index has exactly ``MEMBERS`` members in every session.

    Parameters
    ----------
    rng : Generator
    calendar : datetime64[D][T]
        Sessions, warm-up included.
    first : int
        Index of the first session that is shown.
    listed : tuple of N Company
    """
    sessions, count = len(calendar), len(listed)
    changes = _draw_changes(rng, listed, first, sessions)
    failing = [row for row, reason in enumerate(changes.reason) if reason == "failure"]
    sudden = int(changes.leaver[failing[len(failing) // 2]])
    last, bid, decline, outcome = _exits(rng, changes, sudden, sessions, count)
    data_ended = np.zeros(count, dtype=np.bool_)
    data_ended[changes.leaver[np.array(changes.reason) == "data"]] = True
    return Plan(
        first=first,
        listed=_listings(rng, changes, first, count),
        last=last,
        bid=bid,
        decline=decline,
        sudden=sudden,
        delisting_return=outcome,
        data_ended=data_ended,
        intervals=_intervals(changes),
        splits=_splits(rng, changes.steady, first, sessions),
        halts=_halts(rng, changes.steady, calendar, first),
    )


def _draw_changes(
    rng: np.random.Generator, listed: tuple[Company, ...], first: int, sessions: int
) -> _Changes:
    kinds = ["merger"] * _MERGERS + ["failure"] * _FAILURES + ["data"] * _DATA_ENDS
    kinds += ["demotion"] * _DEMOTIONS
    reason = tuple(kinds[index] for index in rng.permutation(len(kinds)))
    order = rng.permutation(len(listed)).astype(np.int64)
    leaver, latecomers = order[: len(kinds)], order[MEMBERS:]
    # One company more leaves than there are latecomers: the first one demoted comes back.
    returning = leaver[reason.index("demotion")]
    even = np.linspace(first + 90, sessions - 60, len(kinds))
    session = np.sort(np.round(even + rng.uniform(-20, 20, len(kinds))).astype(np.int64))
    return _Changes(
        leaver, np.r_[latecomers, returning], session, reason, order[len(kinds) : MEMBERS]
    )


def _exits(
    rng: np.random.Generator, changes: _Changes, sudden: int, sessions: int, count: int
) -> tuple[Ints, Ints, Ints, npt.NDArray[np.float64]]:
    last = np.full(count, sessions, dtype=np.int64)
    bid, decline = np.full((2, count), _NEVER, dtype=np.int64)
    outcome = np.full(count, np.nan)
    for company, reason, session in zip(
        changes.leaver, changes.reason, changes.session, strict=True
    ):
        if reason == "demotion":
            continue
        last[company] = session - 1
        if reason == "merger":
            bid[company] = session - int(rng.integers(70, 130))
            outcome[company] = 0.0
        elif reason == "failure":
            outcome[company] = -round(float(rng.uniform(0.82, 0.97)), 2)
            # Half of the failures are taken out of the index while they still trade.
            if company != sudden and rng.random() < 0.5:
                last[company] += int(rng.integers(20, 45))
            length = 4 if company == sudden else int(rng.integers(150, 230))
            decline[company] = last[company] - length
    return last, bid, decline, outcome


def _listings(rng: np.random.Generator, changes: _Changes, first: int, count: int) -> Ints:
    listed_at = np.zeros(count, dtype=np.int64)
    able = np.flatnonzero(changes.session[:-1] > first + 270)  # the last joiner only comes back
    for row in np.sort(rng.choice(able, _LISTINGS, replace=False)):
        listed_at[changes.joiner[row]] = changes.session[row] - int(rng.integers(70, 240))
    return listed_at


def _intervals(changes: _Changes) -> tuple[Interval, ...]:
    joined = {
        int(who): int(when) for who, when in zip(changes.joiner, changes.session, strict=True)
    }
    left = {int(who): int(when) for who, when in zip(changes.leaver, changes.session, strict=True)}
    spells = [Interval(int(name), 0, None) for name in changes.steady]
    spells += [Interval(name, 0, end) for name, end in left.items()]
    spells += [Interval(name, start, None) for name, start in joined.items()]
    return tuple(sorted(spells, key=lambda spell: (spell.company, spell.start)))


def _splits(rng: np.random.Generator, steady: Ints, first: int, sessions: int) -> tuple[Split, ...]:
    who = rng.choice(steady, len(_SPLIT_RATIOS), replace=False)
    when = rng.integers(first + 60, sessions - 60, len(_SPLIT_RATIOS))
    return tuple(
        Split(int(company), int(session), ratio)
        for company, session, ratio in zip(who, when, _SPLIT_RATIOS, strict=True)
    )


def _halts(rng: np.random.Generator, steady: Ints, calendar: Dates, first: int) -> Ints:
    # Single bars anywhere, some on a month's first or last session (where books are filled and
    # decided), and one halt of three sessions in a row.
    starts = month_starts(calendar)
    starts = starts[starts > first]
    edges = rng.choice(np.r_[starts, starts - 1], 8, replace=False)
    single = rng.integers(first + 1, len(calendar) - 4, 16)
    long = int(rng.integers(first + 1, len(calendar) - 4))
    session = np.r_[edges, single, long, long + 1, long + 2]
    who = rng.choice(steady, len(edges) + len(single) + 1, replace=False)
    return np.column_stack([session, np.r_[who, who[-1], who[-1]]]).astype(np.int64)
