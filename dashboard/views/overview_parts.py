"""The parts of the Overview, each with its heading, words and numbers as a file."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import review_overview as numbers
from dashboard import session
from dashboard.caveats import caveats
from dashboard.charts.overview import overview_figure
from dashboard.charts.rows import ROWS_HEIGHT_PX, rows_figure
from dashboard.review_evidence import is_short
from dashboard.run import Run
from dashboard.studies import Study
from dashboard.views import frame
from dashboard.views import overview_words as words
from dashboard.views.chart import chart, heading, view_of
from dashboard.views.frames import LOG_FROM_DAYS, levels
from dashboard.views.overview_crises import crises_html, crises_sentence
from dashboard.views.overview_rows import account_rows, sector_rows
from dashboard.views.overview_studies import (
    account_study,
    control_study,
    evidence_study,
    today_study,
    waiting,
)
from dashboard.views.page import is_phone, nothing
from dashboard.views.tables import bullets
from dashboard.views.today_words import (
    cards,
    cards_html,
    near_html,
    rules_sentence,
    today_sentence,
)

__all__ = [
    "account",
    "crises_of",
    "curves",
    "evidence",
    "lead",
    "never_saw",
    "sectors",
    "targets",
    "today",
]

_TODAY_PX: Final = 128
_EVIDENCE_PX: Final = 84
_NO_HISTORY: Final = (
    "Closes of the S&P 500 price index, dividends left out; falls of 18 % and more."
)


def evidence(run: Run) -> None:
    """Say what the result does not allow to say, as soon as it is known."""
    study = evidence_study(run)
    with st.container(key="evidence"):
        if study is None:
            frame.show(frame.words_html("", "Luck is judged from 61 sessions on."))
        elif study.problem is not None:
            frame.show(frame.problem_html(study.problem))
        elif study.status != "done":
            waiting("evidence", run, "Working out what could be luck", _EVIDENCE_PX)
        else:
            frame.show(bullets(words.evidence_words(study.result, run)))


def today(run: Run) -> None:
    """Draw the strip of the last session in the data."""
    study = today_study(run)
    with st.container(key="today"):
        _today(study, run)


def _today(study: Study, run: Run) -> None:
    frame.show(frame.heading_html("Today"))
    if study.problem is not None:
        frame.show(frame.problem_html(study.problem))
        return
    if study.status != "done":
        waiting("today", run, "Running on to the last session of the data", _TODAY_PX)
        return
    found = study.result
    frame.show(frame.words_html(today_sentence(found)))
    frame.show(cards_html(cards(found, dt.datetime.now(tz=dt.UTC).date())))
    with st.expander("Names nearest to their stops, and the other rules", key="nearest-stops"):
        if found.near:
            frame.show(near_html(found))
        note = (
            "A distance is the return of the name that brings its close to the stop: of adjusted "
            "prices, so no level in dollars."
        )
        frame.show(frame.words_html(rules_sentence(found), note if found.near else ""))


def curves(run: Run) -> None:
    """Draw growth, drawdown and regime, with the control once it is known."""
    study = control_study(run)
    control = study.result if study.status == "done" else None
    equity, drawdown = numbers.curves(run, control)
    table = pd.concat(
        [equity.add_suffix("_growth"), drawdown.add_suffix("_drawdown"), run.regime_series()],
        axis=1,
    )
    chart(
        lambda: overview_figure(
            equity,
            drawdown,
            run.regime_series(),
            session.colours(),
            levels=levels(run.scenario),
            benchmark_name=run.benchmark_name,
            compact=is_phone(),
            log=_is_long(run),
        ),
        table,
        key="overview",
        title="Growth, drawdown and regime",
        alt=words.overview_alt(equity, drawdown, run),
        content=view_of(run, control is not None),
    )
    if control is not None:
        said = words.control_sentence(control.exposure, control.average)
    else:
        said = study.problem.happened if study.problem else "Control: being worked out."
    with st.container(key="control-words", gap=None):  # what looks for the control has no height
        frame.show(frame.words_html("", said))
        if study.status in ("waiting", "running"):
            waiting("control", run, "", 0)


def account(run: Run) -> None:
    """Draw what each rule added, from no rules to the scenario."""
    study = account_study(run)
    if study.status != "done":
        with st.container(key="head-rule-account"):
            frame.show(frame.heading_html("What each rule added"))
        if study.problem is not None:
            frame.show(frame.problem_html(study.problem))
            return
        waiting("account", run, "Running every combination of the rules", ROWS_HEIGHT_PX)
        with st.container(key="account-words"):  # keeps its room, so that nothing moves later
            frame.show(frame.words_html("", "Which rule cost most, and what earned its keep."))
        return
    accounts = {
        name: numbers.account_of(study.result, column)
        for column, name in numbers.ACCOUNT_COLUMNS.items()
        if name != "Sharpe" or not is_short(run)
    }
    first, *_ = accounts.values()
    chart(
        lambda: rows_figure(
            account_rows(first, session.colours()),
            session.colours(),
            title="Total return, rule by rule",
            compact=is_phone(),
        ),
        _account_table(accounts),
        key="rule-account",
        title="What each rule added",
        alt=words.account_alt(first),
        content=view_of(run),
    )
    with st.container(key="account-words"):
        frame.show(bullets(study.result["words"]))
        frame.show(words.account_table(list(accounts.values())))


def sectors(run: Run) -> None:
    """Draw the sectors of the last book against their cap."""
    table, cap, colours = numbers.sector_book(run), run.caps[1], session.colours()
    if not len(table):
        frame.show(frame.heading_html("Sectors of the last book"))
        nothing("Nothing is held", words.sectors_sentence(table, run))
        return
    chart(
        lambda: rows_figure(
            sector_rows(table, cap, colours),
            colours,
            title="Share of NAV"
            + ("" if cap is None else ", line: the cap")
            + ("" if is_phone() else ", diamond: target at full exposure"),
            limit=cap,
            compact=is_phone(),
        ),
        table,
        key="last-book",
        title="Sectors of the last book",
        alt=words.sectors_alt(table, cap),
        content=view_of(run),
    )
    aside = "Diamond: target at full exposure." if is_phone() else ""
    frame.show(frame.words_html(words.sectors_sentence(table, run), aside))
    frame.show(words.sectors_html(table, cap))


def targets(run: Run) -> None:
    """Draw the targets of the origin report."""
    rows = numbers.target_rows(run)
    table = pd.DataFrame(
        {"bound": [r.bound for r in rows], "value": [r.value for r in rows],
         "met": [r.met for r in rows]},
        index=pd.Index([row.label for row in rows], name="target"),
    )  # fmt: skip
    heading("Targets", table, "targets")
    frame.show(words.targets_html(rows, narrow=is_phone()))
    frame.show(frame.words_html(words.targets_sentence(rows)))


def never_saw(run: Run) -> None:
    """Draw the large falls of the market that the period saw, and those that it did not."""
    table = crises_of(run)
    heading("What this period never saw", table.set_index("name"), "crises")
    frame.show(frame.words_html(crises_sentence(table, simulated=run.market.simulated)))
    frame.show(crises_html(table, narrow=is_phone()))
    frame.show(frame.words_html("", _NO_HISTORY))


def crises_of(run: Run) -> pd.DataFrame:
    """Return the large falls, as the run and its data saw them."""
    ends = [(days[0].astype(object), days[-1].astype(object))
            for days in (run.dates, run.market.sessions)]  # fmt: skip
    return numbers.crises_table(ends[0], ends[1], simulated=run.market.simulated)


def lead(run: Run) -> None:
    """Write the sentence of the page."""
    lacks = " ".join(lack.text for lack in caveats(run))
    aside = frame.words_html("", lacks) if lacks else ""
    # One element: beside the button, a second one would squeeze the first.
    frame.show(f'<p class="pl-lead">{escape(words.headline(run))}</p>{aside}')


def _is_long(run: Run) -> bool:
    return bool((run.dates[-1] - run.dates[0]).astype(int) > LOG_FROM_DAYS)


def _account_table(accounts: dict[str, numbers.Account]) -> pd.DataFrame:
    first, *_ = accounts.values()
    columns = {name: [s.length for s in one.steps] for name, one in accounts.items()}
    return pd.DataFrame(columns, index=pd.Index([s.label for s in first.steps], name="rule"))
