"""The weights of the ensemble by regime, edited as a table and taken all at once."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.factors.names import FACTORS, REGIMES
from core.regime_stats import RegimeStats
from dashboard import review_regimes, session
from dashboard.format import count, percent
from dashboard.state import AppState
from dashboard.theme import REGIME_LETTERS
from dashboard.views import frame
from dashboard.views.chart import heading
from dashboard.views.tables import html_table

__all__ = ["weights_editor"]

_DRAFT: Final = "plimsoll.weights_draft"  # (weights it began from, what was typed since)
_WIDE: Final = (2.2, 1.0, 1.0, 1.0, 1.0, 0.8)
_STEP: Final = 5.0
# On a phone Streamlit would put the six cells of a row below each other.
_NARROW: Final = """<style>@media (max-width: 700px) {
  .st-key-weights-grid [data-testid=stHorizontalBlock] { flex-wrap: nowrap; gap: 4px; }
  .st-key-weights-grid [data-testid=stColumn] { min-width: 0 !important; flex: 1 1 0 !important; }
  .st-key-weights-grid [data-testid=stColumn]:first-child { flex: 0 0 78px !important; }
  .st-key-weights-grid [data-testid=stColumn]:last-child { flex: 0 0 44px !important; }
  .st-key-weights-grid [data-testid=stNumberInput] button { display: none; }
  .st-key-weights-grid input { padding-inline: 6px; }
  .st-key-weights-grid p { font-size: 12px; }
  .st-key-weights-head p { font-size: 10px; letter-spacing: -0.4px; white-space: nowrap; }
}</style>"""


@st.fragment
def weights_editor(found: RegimeStats) -> None:
    """Draw the table of weights; nothing is run until the button is pressed."""
    if not session.is_drawn():
        st.rerun()  # the setting was changed: the whole page shows it
    state = session.current()
    now = review_regimes.weights_table(state.scenario.factors.weights)
    table = _drafted(now)
    heading("Weights of the factors by regime, %", table.rename_axis("regime"), "weights")
    own = state.scenario.book.own_book is not None
    frame.show(frame.words_html("", _OWN if own else _NOTE))
    _grid(table, found, disabled=own)
    sums = review_regimes.row_sums(table)
    _buttons(state, table, sums, disabled=own)
    if state.scenario.factors.scored != FACTORS:
        frame.show(_used(table, state.scenario.factors.scored))


_OWN: Final = "A book of one's own is run: it does not use these weights."
_NOTE: Final = (
    "How the scores are mixed at a month's end, by the regime of that day. Each row sums to 100 %. "
    "The number behind a regime is how many books were decided under it: a row with 0 changes "
    "nothing in this period."
)


def _drafted(now: pd.DataFrame) -> pd.DataFrame:
    # What was typed holds as long as the scenario has the weights it was typed over.
    began, typed = st.session_state.get(_DRAFT, (None, {}))
    table = now.copy()
    if began == _content(now):
        for (regime, factor), value in typed.items():
            table.loc[regime, factor] = value
    return table


def _content(table: pd.DataFrame) -> tuple[float, ...]:
    return tuple(table.to_numpy().ravel().tolist())


def _grid(table: pd.DataFrame, found: RegimeStats, *, disabled: bool) -> None:
    with st.container(key="weights-grid", gap="small"):
        st.html(_NARROW)
        with st.container(key="weights-head"):
            cells = st.columns(_WIDE, vertical_alignment="bottom")
            for cell, text in zip(cells[1:], (*FACTORS, "sum"), strict=True):
                cell.caption(text)
        sums = review_regimes.row_sums(table)
        for code, regime in enumerate(REGIMES):
            cells = st.columns(_WIDE, vertical_alignment="center")
            decided = count(found.rebalances[code])
            cells[0].markdown(f"{REGIME_LETTERS[regime]} **{_shown(regime)}** · {decided}")
            for cell, factor in zip(cells[1:-1], FACTORS, strict=True):
                _field(cell, regime, factor, float(table.to_numpy()[code, FACTORS.index(factor)]),
                       disabled=disabled)  # fmt: skip
            total = float(sums.iloc[code])
            wrong = total != 100.0
            text = percent(total / 100.0, 0 if float(total).is_integer() else 2)
            cells[-1].markdown(f":red[**≠ 100** {text}]" if wrong else text)


def _field(cell: Any, regime: str, factor: str, value: float, *, disabled: bool) -> None:
    key = f"weight-{regime}-{factor}"
    st.session_state[key] = value
    cell.number_input(
        f"{regime}: {factor}, %",
        min_value=0.0,
        max_value=100.0,
        step=_STEP,
        format="%g",
        key=key,
        on_change=_typed,
        args=(regime, factor),
        label_visibility="collapsed",
        disabled=disabled,
    )


def _buttons(state: AppState, table: pd.DataFrame, sums: pd.Series, *, disabled: bool) -> None:
    values = review_regimes.weight_values(state.scenario, table)
    wrong = [str(name) for name in sums.index[sums != 100.0]]
    with st.container(horizontal=True, gap="small", key="weights-do", vertical_alignment="center"):
        st.button(
            "Run with these weights",
            key="weights-run",
            type="primary",
            disabled=disabled or bool(wrong) or not values,
            on_click=_take,
            args=(values,),
        )
        st.button(
            "Scale rows to 100 %",
            key="weights-scale",
            disabled=disabled or not wrong,
            on_click=_scale,
            args=(table,),
            help="Keeps the proportions of each row.",
        )
        st.button(
            "Discard", key="weights-discard", disabled=not values, on_click=_discard,
            help="Back to the weights that are run.",
        )  # fmt: skip
        st.caption(_said(values, wrong))


def _said(values: dict[str, Any], wrong: list[str]) -> str:
    if wrong:
        return f"Not 100 % yet: {', '.join(wrong)}."
    if not values:
        return "These weights are run."
    return f"{count(len(values))} weights differ from those that are run."


def _used(table: pd.DataFrame, factors: tuple[str, ...]) -> str:
    used = (
        review_regimes.used_weights(table, factors).to_numpy() / 100.0
    )  # NaN is written as a dash
    rows = [
        (_shown(name), *map(percent, row)) for name, row in zip(REGIMES, used.tolist(), strict=True)
    ]
    words = frame.words_html(
        "", "The topology score is off: its weight is spread over the others, so that "
        "these weights act:",
    )  # fmt: skip
    return words + html_table(("Regime", *factors), rows)


def _shown(regime: str) -> str:
    return "unknown" if regime == "default" else regime


def _typed(regime: str, factor: str) -> None:
    value = st.session_state[f"weight-{regime}-{factor}"]
    now = review_regimes.weights_table(session.current().scenario.factors.weights)
    table = _drafted(now)
    table.loc[regime, factor] = 0.0 if value is None else float(value)
    _keep(now, table)


def _scale(table: pd.DataFrame) -> None:
    now = review_regimes.weights_table(session.current().scenario.factors.weights)
    _keep(now, review_regimes.scaled(table))


def _keep(now: pd.DataFrame, table: pd.DataFrame) -> None:
    typed = {
        (regime, factor): float(table.to_numpy()[i, j])
        for i, regime in enumerate(REGIMES)
        for j, factor in enumerate(FACTORS)
    }
    st.session_state[_DRAFT] = (_content(now), typed)


def _discard() -> None:
    st.session_state.pop(_DRAFT, None)


def _take(values: dict[str, Any]) -> None:
    _discard()  # or undo would bring the draft back
    session.put(session.current().with_values(values))
