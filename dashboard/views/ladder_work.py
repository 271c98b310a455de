"""What the Ladder page works out behind itself: one ladder a market and period."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Final

import streamlit as st

from dashboard import session
from dashboard.format import percent
from dashboard.holdout import is_withheld
from dashboard.ladder import PERIODS, Ladder, climb
from dashboard.ladder_record import record_ladder
from dashboard.ladder_steps import PHASES
from dashboard.problems import EXPECTED
from dashboard.record import Recorded
from dashboard.state import AppState
from dashboard.studies import Pace, Study
from dashboard.views import frame

__all__ = ["ask", "chosen_period", "kept", "last_good", "period_picker", "stopped", "waiting"]

Period = tuple[dt.date | None, dt.date | None]
_SUBJECT: Final = "ladder"
_PERIOD: Final = "plimsoll.ladder.period"
_OWN: Final = "This setting's period"
_STOPPED: Final = "plimsoll.ladder.stopped"
_LAST: Final = "plimsoll.ladder.last"
_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a study under way
_ENDED: Final = ("done", "failed")
_WAIT_PX: Final = 260
_SAME_DAYS: Final = 4  # a period may end with the last session or with the month


def _periods(state: AppState) -> dict[str, Period]:
    offered: dict[str, Period] = {
        f"{start:%Y-%m} … {_last_month(end)}": (start, end) for start, end in PERIODS
    }
    own = (state.scenario.period.start, state.scenario.period.end)
    if not any(_alike(own, period) for period in PERIODS):
        offered[_OWN] = own
    return offered


def _alike(own: Period, period: Period) -> bool:
    pairs = zip(own, period, strict=True)
    return all(one and other and abs((one - other).days) < _SAME_DAYS for one, other in pairs)


def _last_month(end: dt.date) -> str:
    # A period to the first of June ends with May.
    return f"{end - dt.timedelta(days=1):%Y-%m}"


def chosen_period(state: AppState) -> Period:
    """Return the period that the ladder is shown for.

    At the beginning the first of the plan; on a simulated market, of whose years the plan says
    nothing, that of the setting.
    """
    offered = _periods(state)
    return offered[_name(state, offered)]


def _name(state: AppState, offered: dict[str, Period]) -> str:
    wanted = st.session_state.get(_PERIOD)
    if wanted is None and _is_simulated(state):
        wanted = _OWN
    if wanted == _OWN:  # it may be one of the plan by now, which then stands for it
        own = (state.scenario.period.start, state.scenario.period.end)
        alike = (name for name, one in offered.items() if one == own or _alike(own, one))
        return next(alike, next(iter(offered)))
    return wanted if wanted in offered else next(iter(offered))


def _is_simulated(state: AppState) -> bool:
    try:
        return session.engine().pipeline.market(state.scenario.universe.source).simulated
    except EXPECTED:
        return False  # who asks for the ladder is told why


def period_picker(state: AppState) -> None:
    """Draw the choice of the period."""
    offered = _periods(state)
    now = _name(state, offered)
    key = f"ladder-period-{state.scenario.universe.source}-{len(offered)}"

    def take() -> None:
        session.changed()
        st.session_state[_PERIOD] = st.session_state[key]

    st.segmented_control(
        "Period", list(offered), default=now, key=key, required=True, on_change=take,
        label_visibility="collapsed",
    )  # fmt: skip


def ask(state: AppState) -> Study | None:
    """Ask for the ladder on the market looked at; None where it was stopped."""
    key = _key(state)
    if st.session_state.get(_STOPPED) == key and session.engine().studies.known(key) is None:
        return None
    engine, source, period = session.engine(), state.scenario.universe.source, chosen_period(state)

    def work(pace: Pace) -> Recorded[Ladder]:
        found = climb(engine.pipeline, source, period, PHASES, pace)
        # Before anybody sees them: these are results of settings that nobody else tried.
        return Recorded(found, partial(record_ladder, engine.journal, found))

    return engine.studies.ask(session.token(), _SUBJECT, key, work)


def kept(state: AppState, found: Recorded[Ladder]) -> None:
    """Keep a ladder as the last good one of this session."""
    st.session_state[_LAST] = (_key(state), found)


def last_good(state: AppState) -> Recorded[Ladder] | None:
    """Return the last ladder that was shown, where it is not the one asked for.

    Nor one over sessions that were sealed since.
    """
    key, kept = st.session_state.get(_LAST, ("", None))
    if not isinstance(kept, Recorded) or key == _key(state):
        return None
    home, found = session.engine().pipeline.home, kept.found
    return None if is_withheld(home, found.source, found.dates[-1]) else kept


def waiting(state: AppState) -> None:
    """Say how far the ladder is, with a way to stop it; the page is drawn anew when it ends."""
    with st.container(key="waits-ladder"):
        st.fragment(_look, run_every=_LOOK_AGAIN)(state)


def _look(state: AppState) -> None:
    if not session.is_on("Ladder"):
        return  # a look of a page that was left: the browser has no place for it any more
    study = ask(state)
    if study is None or study.status in _ENDED:
        st.rerun()
    told = f"Climbing from phase to phase: {percent(study.share, 0)}" if study.share else (
        "Waiting for its turn …"
    )  # fmt: skip
    frame.show(f'<div class="pl-wait" role="status" style="height:{_WAIT_PX}px">{told}</div>')
    st.button(
        "Stop", key="ladder-stop", icon=":material/stop_circle:", on_click=_stop,
        args=(_key(state),), help="What was shown last stays.",
    )  # fmt: skip


def stopped(state: AppState) -> None:
    """Say that it was stopped, and offer to begin again."""
    frame.show(
        '<div class="pl-box" role="status"><h2>Stopped</h2><p>Nothing of this ladder was kept.</p>'
        "</div>"
    )
    st.button("Work it out", key="ladder-go", type="primary", on_click=_go)


def _stop(key: str) -> None:
    session.changed()
    session.engine().studies.leave(session.token(), _SUBJECT)
    st.session_state[_STOPPED] = key


def _go() -> None:
    session.changed()
    st.session_state.pop(_STOPPED, None)


def _key(state: AppState) -> str:
    source = state.scenario.universe.source
    market = session.engine().pipeline.catalog.snapshot(source).fingerprint
    start, end = chosen_period(state)
    return f"ladder-{source}-{market}-{start}-{end}"
