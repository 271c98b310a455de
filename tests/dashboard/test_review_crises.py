"""The large falls on the Overview: what the period and the data saw of them, in words."""

from __future__ import annotations

import datetime as dt

from core.crises import CRISES
from dashboard import review_overview as numbers
from dashboard.views.overview_crises import crises_html, crises_sentence


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_falls_are_told_for_period_and_data() -> None:
    table = numbers.crises_table(
        (day("2021-06-01"), day("2024-05-31")), (day("2015-01-02"), day("2024-12-06")),
        simulated=False,
    )  # fmt: skip
    assert len(table) == len(CRISES)
    assert table["name"].iloc[0] == "Tariffs"
    assert table.set_index("name")["store"].to_dict()["Covid"] == "whole"
    text = crises_sentence(table, simulated=False)
    assert text.startswith("It saw Inflation bear market (2022, −25\u202f%).")
    assert "never saw 12 of 13, such as Financial crisis (2007–2009, −57\u202f%)" in text
    for options in ({}, {"large": True}, {"narrow": True}):
        html = crises_html(table, **options)
        assert html.count("<tr>") == len(CRISES) + 1
    part = numbers.crises_table(
        (day("2008-01-02"), day("2020-12-31")), (day("2008-01-02"), day("2020-12-31")),
        simulated=False,
    )  # fmt: skip
    assert "and part of Financial crisis" in crises_sentence(part, simulated=False)


def test_a_simulated_market_saw_nothing() -> None:
    table = numbers.crises_table(
        (day("2000-01-03"), day("2024-12-31")), (day("2000-01-03"), day("2024-12-31")),
        simulated=True,
    )  # fmt: skip
    assert set(table["period"]) == set(table["store"]) == {"never"}
