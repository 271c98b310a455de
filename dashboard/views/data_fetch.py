"""The fetch on the Data page: what to fetch, how far it is, what came of it, who provides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import review_data, session
from dashboard.fetch_job import fetch_job
from dashboard.fetch_job_record import Fetching, Order
from dashboard.home import home_folder
from dashboard.review_data import LIVE, MOST_NAMES, PROVIDER_CHOICES, UNIVERSES, StatusRow
from dashboard.views import frame
from dashboard.views.chart import table_csv
from dashboard.views.data_fetch_words import NEVER, ended_html, order_words, progress_words
from dashboard.views.data_parts import begin, refused, use
from dashboard.views.data_words import NAMES, providers_html, served_html

__all__ = ["fetch_part", "providers_part"]

_LOOK_AGAIN: Final = 1.0  # seconds between two looks at a fetch under way
_LOOK_IDLE: Final = 5.0  # … and for one that another browser may begin
_TOP: Final = "The most traded stocks"
_OWN: Final = "Symbols of your own"
_AUTOMATIC: Final = "Automatic: Polygon with a key, else Yahoo"
_OPTIONS: Final = ("universe", "count", "day", "own", "start", "end", "provider", "name")


def fetch_part(rows: Sequence[StatusRow]) -> None:
    """Draw the one click that fetches, its choices, and the fetch under way or the last one."""
    only_simulated = all(row.simulated or row.fault for row in rows)
    heading = "Real data, in one click" if only_simulated else "Fetch real data"
    frame.show(frame.heading_html(heading))
    companies, funds = review_data.universe_size("us200")
    frame.show(
        frame.words_html(
            f"{companies} large US companies and {funds} funds, ten years of daily bars with "
            "splits and dividends.",
            "No key is needed: Polygon is asked where a key is set, else Yahoo, for each name. "
            "The list is one of today: companies that failed before are not on it, which flatters "
            "every result.",
        )
    )
    with st.expander("What is fetched", icon=":material/tune:"):
        _options()
    known = fetch_job(home_folder()).look()
    every = _LOOK_AGAIN if known.is_under_way else _LOOK_IDLE
    st.fragment(_state, run_every=every)(known, primary=only_simulated)


def providers_part() -> None:
    """Say who is active, why another is not, since when, and what came from where."""
    frame.show(frame.heading_html("Providers"))
    frame.show(providers_html(review_data.provider_rows(home_folder())))
    if found := review_data.served(home_folder()):
        frame.show(served_html(found))


def _state(before: Fetching, *, primary: bool) -> None:
    if not session.is_on("Data"):
        return  # a look of a page that was left: the browser has no place for it any more
    job = fetch_job(home_folder())
    known = job.look()
    if (known.status, known.began) != (before.status, before.began) or not session.is_drawn():
        st.rerun()  # markets, providers and everything below have changed
    with st.container(horizontal=True, gap="small", key="fetch-buttons"):
        st.button(
            "Fetch real data",
            key="fetch",
            icon=":material/cloud_download:",
            type="primary" if primary else "secondary",
            disabled=known.is_under_way,
            on_click=_fetch,
            help="Goes on when you leave this page, and asks only for what is not there yet.",
        )
        if known.is_under_way and not known.elsewhere:
            st.button(
                "Stop",
                key="fetch-stop",
                icon=":material/stop:",
                disabled=known.status == "cancelling",
                on_click=job.cancel,
                help="What came is kept; fetching again goes on from there.",
            )
        _after(known)
    with st.container(key="fetch-state"):
        _told(known)


def _after(known: Fetching) -> None:
    market = known.summary.market if known.summary is not None else ""
    if known.is_under_way or not market:
        return
    if session.current().scenario.universe.source != market:
        st.button(
            f"Use {market}",
            key="fetch-use",
            icon=":material/database:",
            type="primary",
            on_click=use,
            args=(market,),
        )
    else:
        st.page_link("views/risk.py", label="See it on the Risk page", icon=":material/tune:")


def _told(known: Fetching) -> None:
    if (problem := refused()) is not None:
        frame.show(frame.problem_html(problem))
    if known.is_under_way:
        share = known.progress.share if known.progress is not None else 0.0
        st.progress(min(max(share, 0.0), 1.0), text=progress_words(known))
        frame.show(frame.words_html("", _aside(known)))
    elif known.problem is not None:
        frame.show(frame.problem_html(known.problem))
    elif known.status == "none":
        frame.show(frame.words_html("", NEVER))
    else:
        frame.show(ended_html(known))
        _missing_file(known)


def _aside(known: Fetching) -> str:
    what = f"{order_words(known.order)}. " if known.order is not None else ""
    began = f"Begun {known.began:%H:%M} UTC. " if known.began is not None else ""
    if known.elsewhere:
        by = f"{known.who} (process {known.process})" if known.who else "Another process"
        return f"{what}{began}{by} of this machine is at it: it is stopped there."
    return f"{what}{began}It goes on when you leave this page or close the browser."


def _missing_file(known: Fetching) -> None:
    if known.summary is None or not known.summary.missing:
        return
    missing = known.summary.missing
    st.download_button(
        "Names without bars",
        lambda: table_csv(review_data.outcomes_frame(missing)),
        file_name="plimsoll-names-without-bars.csv",
        mime="text/csv",
        key="csv-missing",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _options() -> None:
    universe = st.selectbox("Universe", [*UNIVERSES, _TOP, _OWN], key="fetch-universe",
                            format_func=_universe_words)  # fmt: skip
    if universe == _TOP:
        _most_traded()
    if universe == _OWN:
        st.text_area(
            "Symbols", key="fetch-own", placeholder="AAPL, MSFT, BRK.B",
            help="As the exchange writes them, with spaces, commas or new lines between.",
        )  # fmt: skip
    left, right = st.columns(2)
    left.date_input("First day", None, key="fetch-start", format="YYYY-MM-DD",
                    help="Empty: ten years before the last one.")  # fmt: skip
    right.date_input("Last day", None, key="fetch-end", format="YYYY-MM-DD",
                     help="Empty: the newest session whose bars are final.")  # fmt: skip
    left.selectbox(
        "Provider",
        list(PROVIDER_CHOICES),
        key="fetch-provider",
        format_func=lambda name: _AUTOMATIC if name == "auto" else NAMES[name],
        help="Automatic: Polygon where a key is set and it answers, else Yahoo, for each name.",
    )
    right.text_input("Name of the market", LIVE, key="fetch-name")


def _universe_words(name: str) -> str:
    if name not in UNIVERSES:
        return name
    companies, _ = review_data.universe_size(name)
    return f"{companies} large US companies ({name})"


def _most_traded() -> None:
    left, right = st.columns(2)
    left.number_input("How many", 1, MOST_NAMES, 500, key="fetch-count")
    right.date_input("As of", None, key="fetch-day", format="YYYY-MM-DD",
                     help="Empty: the last day of the market. Before that day a backtest knows "
                     "which companies would become large.")  # fmt: skip
    frame.show(
        frame.words_html(
            "",
            "Ranked by the median of close × volume over three months, from Polygon’s list of all "
            "stocks, in about eighty requests. Yahoo has no such list: without a key take us200 or "
            "symbols of your own.",
        )
    )


def _order() -> Order:
    given = {name: st.session_state.get(f"fetch-{name}") for name in _OPTIONS}
    universe: str | tuple[str, ...] = given["universe"] or UNIVERSES[0]
    if universe == _OWN:
        universe = review_data.symbols_in(given["own"] or "")
    elif universe == _TOP:
        universe = review_data.ranked_text(given["count"], given["day"])
    return Order(
        "fetch",
        (given["name"] or LIVE).strip(),
        given["provider"] or "auto",
        universe,
        given["start"],
        given["end"],
    )


def _fetch() -> None:
    begin(_order())
