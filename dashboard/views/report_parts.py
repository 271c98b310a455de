"""The parts of the Report page: what goes in, the building, the download, how to verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import session
from dashboard.format import date
from dashboard.handout.errors import OtherDataError
from dashboard.handout.identity import data_identity
from dashboard.handout.make import Recipe, make_report, recipe_of, title_of
from dashboard.handout.page import Report
from dashboard.handout.parts import PARTS, chosen_parts
from dashboard.holdout import is_hidden
from dashboard.home import home_folder
from dashboard.problems import EXPECTED
from dashboard.run import Run
from dashboard.studies import Pace, Study
from dashboard.views import frame
from dashboard.views.page import Opened
from dashboard.views.report_words import ALWAYS, VERIFY, building, built_html, megabytes

__all__ = ["how_to_verify", "parts_picker", "workshop"]

_PARTS: Final = "plimsoll.report_parts"
_ORDER: Final = "plimsoll.report_order"
_BUILT: Final = "plimsoll.report_built"
_PICK: Final = "report-parts"
_SUBJECT: Final = "report"
_LOOK_AGAIN: Final = 0.5  # seconds between two looks at the work under way


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A report that was asked for.

    Attributes
    ----------
    number : int
    run : Run
    parts : tuple of str
    data : mapping or None
        What the store said of the data when it was ordered; None where it could not.
    """

    number: int
    run: Run
    parts: tuple[str, ...]
    data: Mapping[str, Any] | None

    @property
    def title(self) -> str:
        """Name of the setting."""
        return title_of(self.run.scenario)

    def shows(self, run: Run | None, parts: tuple[str, ...]) -> bool:
        """Return whether a report of `run` with these parts would be the same."""
        if run is None or self.parts != parts or self.run.scenario != run.scenario:
            return False
        # A market or an own book that was imported again under its name is another one.
        return self.data is not None and self.data == _identity(run)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """The last report that was finished."""

    order: Order
    report: Report
    size: str


def parts_picker() -> tuple[str, ...]:
    """Let the parts be chosen; the choice survives a change of page."""
    wanted = st.session_state.get(_PARTS, tuple(PARTS))
    st.pills(
        "Parts that go in: press one to leave it out or take it in",
        list(PARTS),
        selection_mode="multi",
        format_func=lambda part: PARTS[part],
        default=list(wanted),
        key=_PICK,
        on_change=_take_parts,
        wrap=True,
    )
    frame.show(frame.words_html("", ALWAYS))
    return chosen_parts(st.session_state.get(_PARTS, tuple(PARTS)))


def workshop(view: Opened, parts: tuple[str, ...]) -> None:
    """Draw the button that builds, the work under way, and the last report."""
    order: Order | None = st.session_state.get(_ORDER)
    pending = order is not None and _study(order).status in ("waiting", "running")
    st.fragment(_workshop, run_every=_LOOK_AGAIN if pending else None)(view, parts, pending)


def how_to_verify() -> None:
    """Say how whoever gets the file can check it."""
    built = _built()
    frame.show(frame.heading_html("How it is verified"))
    st.code(f"plimsoll verify {built.report.name if built else 'report.html'}", language=None)
    frame.show(frame.words_html("", VERIFY))


def _workshop(view: Opened, parts: tuple[str, ...], was_pending: bool) -> None:
    order: Order | None = st.session_state.get(_ORDER)
    study = None if order is None else _study(order)
    if order is not None and study is not None and study.status == "done":
        st.session_state[_BUILT] = Built(order, study.result, megabytes(study.result))
        st.session_state[_ORDER] = None
        st.rerun()
    if was_pending and study is not None and study.status == "failed":
        st.rerun()  # the page then stops asking
    busy = study is not None and study.status in ("waiting", "running")
    if busy and not was_pending:
        st.rerun()  # the page then asks again and again
    with st.container(horizontal=True, gap="small", key="report-buttons"):
        st.button(
            "Build the report",
            key="report-build",
            icon=":material/description:",
            type="primary" if _built() is None else "secondary",
            disabled=busy or _is_stale(view),
            on_click=_order,
            args=(view, parts),
            help="Runs every combination of the rules where they are in: some seconds.",
        )
        if busy:
            st.button("Cancel", key="report-cancel", on_click=_cancel)
        _download()
    if busy and order is not None and study is not None:
        st.progress(study.share, text=building(order.title, study.share))
    if study is not None and study.problem is not None:
        frame.show(frame.problem_html(study.problem))
    _last(view, parts)


def _is_stale(view: Opened) -> bool:
    # The last good result is shown where the present setting has none: that is not to be reported.
    return view.run is None or view.run.scenario != view.state.scenario


def _built() -> Built | None:
    # A report over what was sealed since is not handed out any more.
    built: Built | None = st.session_state.get(_BUILT)
    home = session.engine().pipeline.home
    return None if built is None or is_hidden(home, built.order.run) else built


def _download() -> None:
    built = _built()
    if built is None:
        return
    st.download_button(
        f"Download ({built.size})",
        lambda: built.report.html().encode("utf-8"),
        file_name=built.report.name,
        mime="text/html",
        key="report-download",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )


def _last(view: Opened, parts: tuple[str, ...]) -> None:
    built = _built()
    if built is None:
        return
    order = built.order
    run = order.run
    window = f"{run.market.source}, {date(run.dates[0])} … {date(run.dates[-1])}"
    frame.show(
        built_html(order.title, window, order.parts, built.size, order.shows(view.run, parts))
    )


def _order(view: Opened, parts: tuple[str, ...]) -> None:
    assert view.run is not None  # the page ends before the button otherwise
    number = int(st.session_state.get(f"{_ORDER}.number", 0)) + 1
    st.session_state[f"{_ORDER}.number"] = number
    st.session_state[_ORDER] = Order(number, view.run, parts, _identity(view.run))


def _cancel() -> None:
    session.engine().studies.leave(session.token(), _SUBJECT)
    st.session_state[_ORDER] = None


def _study(order: Order) -> Study:
    engine, home = session.engine(), home_folder()

    def work(pace: Pace) -> Report:
        recipe = recipe_of(engine.pipeline, engine.journal, order.run, order.parts)
        _check_unchanged(order, recipe)
        return make_report(order.run, recipe, home, cancelled=pace.cancelled, share=pace.share)

    key = f"report-{session.token()}-{order.number}"
    return engine.studies.ask(session.token(), _SUBJECT, key, work, alive=_tab_is_open())


def _identity(run: Run) -> Mapping[str, Any] | None:
    try:
        return data_identity(session.engine().pipeline, run)
    except EXPECTED:
        return None  # the work meets the same and says it


def _check_unchanged(order: Order, recipe: Recipe) -> None:
    if order.data is not None and order.data != recipe.data:
        raise OtherDataError(
            "the report must be built from the data it was ordered for, but its market or own book "
            "was imported again since. Build it again"
        )


def _tab_is_open() -> Callable[[], bool]:
    """Return a function that says whether the browser's tab of this session is still there."""
    context = get_script_run_ctx()
    if context is None:
        return lambda: True
    name = context.session_id
    return lambda: not runtime.exists() or bool(runtime.get_instance().is_active_session(name))


def _take_parts() -> None:
    st.session_state[_PARTS] = tuple(st.session_state[_PICK] or ())
