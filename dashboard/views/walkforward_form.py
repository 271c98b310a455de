"""What a walk-forward on a page is to choose from, and how: its controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from core.axes import parse_axes
from core.errors import ConfigError, CoreError
from core.evidence.folds import lay_out
from core.evidence.walkforward import check_plan
from core.scenario import specs
from core.simulation import METRICS
from core.surface import DIRECTIONS
from dashboard.format import count
from dashboard.report.comparison_words import field_text
from dashboard.report.faces import FACES
from dashboard.run import Run
from dashboard.views import frame
from dashboard.views.page import nothing
from dashboard.walkforward import WalkWindows
from dashboard.walkforward_work import OFFERED, WalkChoice, plan_of

__all__ = ["Chosen", "walk_form"]

_FORM: Final = "plimsoll.walk.form"
_OWN: Final = "Axes of your own"
_WINDOWS: Final = ("rolling", "anchored")
_DESIGNS: Final = ("grid", "random", "sobol")
_FIRST: Final = ("sharpe_ratio", "cagr", "sortino_ratio", "calmar_ratio", "max_drawdown")
_BY: Final = (*_FIRST, *(n for n in METRICS if DIRECTIONS[n] and n not in _FIRST))
_AXES_HELP: Final = (
    "One field a line, as plimsoll sweep takes them: path=a,b,off or path=low:high:count; for a "
    "random or Sobol design path=low:high."
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the controls say: the choice, None where it cannot be, and how many settings it has."""

    choice: WalkChoice | None
    settings: int = 0


def walk_form(run: Run) -> Chosen:
    """Draw the controls and return what they say; what cannot be is explained in its place."""
    before: dict[str, Any] = st.session_state.get(_FORM, {})
    decisions = len(run.book.rebalance)
    first = st.columns((3, 2, 2, 2, 2), vertical_alignment="bottom")
    values: dict[str, Any] = {"offer": _pick(first[0], before)}
    values["metric"] = first[1].selectbox(
        "Chosen by", _BY, _BY.index(before.get("metric", _BY[0])), key="walk-metric",
        format_func=lambda name: FACES[name].label,
    )  # fmt: skip
    values["train"] = first[2].number_input(
        f"Train on, of {count(decisions)} decisions", 1, max(decisions - 1, 1),
        min(before.get("train", min(36, decisions // 2) or 1), max(decisions - 1, 1)),
        key=f"walk-train-{decisions}",
    )  # fmt: skip
    values["test"] = first[3].number_input(
        "Choose again after, decisions", 1, 600, before.get("test", 3), key="walk-test"
    )
    values["window"] = first[4].selectbox(
        "Training window", _WINDOWS, _WINDOWS.index(before.get("window", "rolling")),
        key="walk-window",
        help="Rolling: of one length, moves on. Anchored: begins with the period and grows.",
    )  # fmt: skip
    values["own"] = _own(values["offer"], before)
    values |= _more(before)
    st.session_state[_FORM] = values
    return _chosen(run, values)


def _pick(column: Any, before: dict[str, Any]) -> str:
    offers = (*OFFERED, _OWN)
    offer: str = column.selectbox(
        "Settings to choose from", offers, offers.index(before.get("offer", offers[0])),
        key="walk-offer",
    )  # fmt: skip
    return offer


def _own(offer: str, before: dict[str, Any]) -> str:
    told = before.get("own", "\n".join(OFFERED["Both stops"]))
    if offer != _OWN:
        return str(told)
    return str(st.text_area("Axes", told, key="walk-axes", help=_AXES_HELP, height=120))


def _more(before: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with st.expander("Design, purge and cross-validation", key="walk-more"):
        columns = st.columns(4)
        found["design"] = columns[0].selectbox(
            "Design", _DESIGNS, _DESIGNS.index(before.get("design", "grid")), key="walk-design",
            help="Grid: every combination. Random and Sobol draw settings between the ends.",
        )  # fmt: skip
        drawn = found["design"] == "grid"
        numbers = (
            (1, "number", "Settings drawn", 2, 4096, 256, drawn),
            (2, "seed", "Seed of the draw", 0, 2**31 - 1, 0, drawn),
            (3, "purge", "Purge, sessions", 0, 250, 1, False),
            (0, "embargo", "Embargo, sessions", 0, 250, 21, False),
            (1, "groups", "Groups of paths (0: none)", 0, 16, 6, False),
            (2, "tests", "Groups tested at once", 1, 8, 2, False),
        )
        for column, name, label, low, high, default, off in numbers:
            found[name] = columns[column].number_input(
                label, low, high, before.get(name, default), key=f"walk-{name}", disabled=off
            )
    return found


def _chosen(run: Run, values: dict[str, Any]) -> Chosen:
    lines = OFFERED.get(values["offer"]) or values["own"].splitlines()
    windows = WalkWindows(
        train=int(values["train"]), test=int(values["test"]),
        anchored=values["window"] == "anchored", purge=int(values["purge"]),
        embargo=int(values["embargo"]), metric=values["metric"], groups=int(values["groups"]),
        tests=int(values["tests"]),
    )  # fmt: skip
    choice = WalkChoice(
        tuple(line.strip() for line in lines if line.strip()), windows, values["design"],
        int(values["number"]) if values["design"] != "grid" else None, int(values["seed"]),
    )  # fmt: skip
    try:
        _check_paths(windows)
        plan = plan_of(run.scenario, choice)
        check_plan(plan)
        folds = lay_out(
            run.inputs.rebalance, len(run.dates), train=windows.train, test=windows.test,
            anchored=windows.anchored, purge=windows.purge,
        )  # fmt: skip
    except CoreError as error:
        nothing("This cannot be walked", str(error))
        return Chosen(None)
    told = "; ".join(
        f"{specs()[axis.path].label} {_range(axis)}" for axis in parse_axes(choice.axes)
    )
    frame.show(
        frame.words_html(
            f"{count(len(plan))} settings, {count(len(folds))} choices.", f"{told}."
        )
    )  # fmt: skip
    return Chosen(choice, len(plan))


def _check_paths(windows: WalkWindows) -> None:
    if windows.groups and windows.tests >= windows.groups:
        raise ConfigError(
            f"groups tested at once must be fewer than the groups, were {windows.tests} of "
            f"{windows.groups}"
        )


def _range(axis: Any) -> str:
    spec = axis.spec
    if axis.bounds is not None:
        return " to ".join(field_text(spec, end) for end in axis.bounds)
    return ", ".join(field_text(spec, level) for level in axis.levels)
