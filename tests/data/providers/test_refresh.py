"""The cheapest way to be up to date covers everything that is missing."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from data.providers.refresh import RefreshPlan, TickerSpan, plan_refresh
from tests.loopback.market import small_market

SESSIONS = small_market().sessions()[-60:]
HELD = st.dictionaries(
    st.sampled_from([f"T{number:02d}" for number in range(30)]),
    st.none() | st.sampled_from(SESSIONS) | st.just(dt.date(2020, 1, 2)),
    max_size=30,
)


def covered(plan: RefreshPlan, ticker: str) -> set[dt.date]:
    days = set(plan.days) if ticker in plan.day_tickers else set()
    for span in plan.spans:
        if span.ticker == ticker:
            days |= {day for day in SESSIONS if span.start <= day <= span.end}
    return days


@given(held=HELD, reask=st.integers(0, 5))
def test_every_missing_session_and_the_last_ones_held_are_asked_for(
    held: dict[str, dt.date | None], reask: int
) -> None:
    plan = plan_refresh(SESSIONS, held, reask=reask)
    for ticker, last in held.items():
        before = [day for day in SESSIONS if last is not None and day <= last]
        wanted = set(SESSIONS) - set(before) | set(before[len(before) - min(reask, len(before)) :])
        assert wanted <= covered(plan, ticker)
    asked = [span.ticker for span in plan.spans]
    assert len(asked) == len(set(asked))
    assert not plan.day_tickers & set(asked)
    assert plan.day_tickers | set(asked) <= set(held)


@given(held=HELD, reask=st.integers(0, 5))
def test_no_split_between_days_and_tickers_needs_fewer_requests(
    held: dict[str, dt.date | None], reask: int
) -> None:
    plan = plan_refresh(SESSIONS, held, reask=reask)
    known = [last for last in held.values() if last is not None]
    fresh = len(held) - len(known)
    needs = sorted(
        min(len(SESSIONS), sum(day > last for day in SESSIONS) + min(reask, _held(last)))
        for last in known
    )
    needs = [need for need in needs if need]
    # By whole days for those that need at most `limit` sessions, one by one for the others.
    best = min(limit + sum(need > limit for need in needs) for limit in range(len(SESSIONS) + 1))
    assert plan.requests == fresh + best


def _held(last: dt.date) -> int:
    return sum(day <= last for day in SESSIONS)


def test_a_daily_refresh_is_four_requests_whatever_the_number_of_names() -> None:
    held = {f"T{number}": SESSIONS[-2] for number in range(500)}
    plan = plan_refresh(SESSIONS, held)
    assert plan == RefreshPlan(tuple(SESSIONS[-4:]), frozenset(held), ())


def test_a_backfill_goes_by_ticker() -> None:
    start = dt.date(2020, 1, 1)
    plan = plan_refresh(SESSIONS, {"A": None, "B": None}, backfill_from=start)
    spans = (TickerSpan("A", start, SESSIONS[-1]), TickerSpan("B", start, SESSIONS[-1]))
    assert plan == RefreshPlan((), frozenset(), spans)


def test_one_that_is_far_behind_does_not_make_all_days_be_asked() -> None:
    held: dict[str, dt.date | None] = {f"T{number}": SESSIONS[-2] for number in range(50)}
    plan = plan_refresh(SESSIONS, held | {"FAR": SESSIONS[5]})
    assert [span.ticker for span in plan.spans] == ["FAR"]
    assert plan.days == tuple(SESSIONS[-4:])


def test_nothing_to_do() -> None:
    assert plan_refresh(SESSIONS, {}).requests == 0
    assert plan_refresh([], {"A": None}).requests == 0
    assert plan_refresh(SESSIONS, {"A": SESSIONS[-1]}, reask=0).requests == 0
