"""Market panels, and signals on the real market: universe, coverage, known defects."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.book import build_book
from core.caps import ROUNDING
from core.config import BookConfig, PeriodConfig, Scenario
from core.factors.filings import filings_from_frame
from core.market import FILING_ITEMS, MarketPanel
from core.periods import resolve_period
from core.signals import Signals, compute_signals
from tests.markets import by_sector_of, make_filings, make_market

SCENARIO = Scenario(period=PeriodConfig(start=dt.date(2021, 6, 1), end=dt.date(2024, 6, 1)))


def test_a_panel_knows_its_shape() -> None:
    assert make_market(sessions=20, names=5).shape == (20, 5)
    assert len(make_filings([(0, "2020-05-01", "2020-03-31", {})])) == 1
    assert set(make_filings().items) == set(FILING_ITEMS)


@pytest.mark.parametrize("vix", [True, False])
def test_a_panel_survives_a_file_without_pickle(vix: bool) -> None:
    market = make_market(sessions=90, names=5, vix=vix)
    file = io.BytesIO()
    np.savez(file, **market.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = MarketPanel.from_arrays(arrays)
    for field in dataclasses.fields(market):
        if field.name != "filings":
            np.testing.assert_array_equal(getattr(again, field.name), getattr(market, field.name))
    for field in ("security", "available", "period_end"):
        np.testing.assert_array_equal(getattr(again.filings, field), getattr(market.filings, field))
    for item in FILING_ITEMS:
        np.testing.assert_array_equal(again.filings.items[item], market.filings.items[item])
    assert (again.vix is None) == (not vix)
    assert again.tickers == market.tickers


def _table(rows: pd.DataFrame, column: pd.Series, shape: tuple[int, int]) -> np.ndarray:
    table = np.full(shape, np.nan)
    table[rows["session"], rows["name"]] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return table


@pytest.fixture(scope="module")
def real(real_market: Path) -> MarketPanel:
    columns = ["date", "ticker", "close", "volume", "adj_close", "basis"]
    rows = pd.read_parquet(real_market / "prices.parquet", columns=columns)
    dates = pd.to_datetime(rows["date"]).to_numpy(dtype="datetime64[D]")
    sessions, rows["session"] = np.unique(dates, return_inverse=True)
    names, rows["name"] = np.unique(rows["ticker"].to_numpy(dtype=np.str_), return_inverse=True)
    tickers = tuple(str(name) for name in names)
    shape = (len(sessions), len(tickers))
    close = _table(rows, rows["adj_close"], shape)
    member = np.zeros(shape, dtype=np.bool_)
    for interval in pd.read_parquet(real_market / "membership.parquet").itertuples():
        if interval.price_ticker in tickers:
            ends = [interval.start_date, interval.end_date or dt.date(2100, 1, 1)]
            first, out = np.searchsorted(sessions, np.array(ends, dtype="datetime64[D]"))
            member[first:out, tickers.index(interval.price_ticker)] = True
    bars = np.isfinite(close)
    last_bar = len(sessions) - 1 - bars[::-1].argmax(axis=0)
    sector = pd.read_parquet(real_market / "securities.parquet").set_index("ticker")["sector"]
    reported = pd.read_parquet(real_market / "fundamentals.parquet")
    trusted = reported[~reported["suspect"].fillna(False).astype(bool)]  # as an import does
    filings, _ = filings_from_frame(trusted, tickers)
    return MarketPanel(
        source="real",
        fingerprint="",
        simulated=False,
        sessions=sessions,
        tickers=tickers,
        close=close,
        price=_table(rows, rows["close"].where(rows["basis"] == "full"), shape),
        dollar_volume=_table(rows, rows["close"] * rows["volume"].astype(np.float64), shape),
        member=member,
        sector=tuple(sector.reindex(list(tickers)).fillna("Other")),
        last_session=np.where(last_bar == len(sessions) - 1, len(sessions), last_bar),
        delisting_return=np.zeros(len(tickers)),
        data_ended=np.zeros(len(tickers), dtype=np.bool_),
        filings=filings,
        cash_rate=np.zeros(len(sessions)),
    )


@pytest.fixture(scope="module")
def signals(real: MarketPanel) -> Signals:
    return compute_signals(real, SCENARIO, resolve_period(real, SCENARIO))


@pytest.mark.real_data
def test_every_universe_holds_200_members(real: MarketPanel, signals: Signals) -> None:
    assert len(signals.rebalance) == 36
    assert (signals.universe.sum(axis=1) == 200).all()
    assert (signals.universe <= real.member[signals.rebalance]).all()
    dates = real.sessions[signals.rebalance].astype(str)
    assert dates[0] == "2021-06-30"
    assert dates[-1] == "2024-05-31"


@pytest.mark.real_data
def test_coverage_is_what_the_sources_allow(signals: Signals) -> None:
    coverage = {name: share.min() for name, share in signals.panel.coverage.items()}
    assert coverage["momentum"] >= 0.98
    assert coverage["quality"] >= 0.98
    assert coverage["quality.profitability"] >= 0.90
    assert coverage["value"] >= 0.65  # shares of most banks are in neither dataset


@pytest.mark.real_data
def test_before_2020_there_are_no_shares_and_so_no_value(real: MarketPanel) -> None:
    before = Scenario(period=PeriodConfig(start=dt.date(2018, 1, 1), end=dt.date(2019, 12, 31)))
    signals = compute_signals(real, before, resolve_period(real, before))
    assert (signals.panel.coverage["value"] == 0.0).all()
    assert any(note.startswith("value: less than half of the universe") for note in signals.notes)


@pytest.mark.real_data
def test_shares_restated_for_a_split_the_prices_do_not_know_are_left_out(
    real: MarketPanel, signals: Signals
) -> None:
    # The fundamentals were read after these companies' splits of 2025 and 2026, the prices before.
    for ticker in ("BKNG", "NFLX", "NOW", "ORLY"):
        inside = signals.universe[:, real.tickers.index(ticker)]
        value = signals.panel.values[inside, real.tickers.index(ticker), 1]
        assert inside.any()
        assert np.isnan(value).all()
        assert any(f"{ticker} ({inside.sum()})" in note for note in signals.notes)


@pytest.mark.real_data
def test_a_sector_cap_holds_on_real_sectors(real: MarketPanel, signals: Signals) -> None:
    free = build_book(real, signals, SCENARIO)
    capped = SCENARIO.model_copy(update={"book": BookConfig(sector_cap=0.25)})
    book = build_book(real, signals, capped)
    assert by_sector_of(real, free.target).max() > 0.25
    assert by_sector_of(real, book.target).max() <= 0.25 + ROUNDING
    assert book.target.sum(axis=1) == pytest.approx(1.0)
    assert ((book.target > 0.0).sum(axis=1) == 50).all()
