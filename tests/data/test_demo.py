"""The demo market: complete tables that look like a market, with nothing real in them."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from data.frames import conform, content_fingerprint
from data.providers.demo import BENCHMARK, RATE, SOURCE, VIX, DemoMarket, generate, simulate_market
from data.providers.demo_names import companies
from data.schema import SCHEMAS, SECTORS, TABLES
from data.store import MarketTables

SEED = 7


@pytest.fixture(scope="module")
def tables() -> MarketTables:
    return generate(SEED)


@pytest.fixture(scope="module")
def demo() -> DemoMarket:
    return simulate_market(SEED)


@pytest.fixture(scope="module")
def wide(tables: MarketTables) -> Callable[[str], pd.DataFrame]:
    prices = tables.prices.astype({"ticker": "str"})

    def pivot(column: str) -> pd.DataFrame:
        return prices.pivot(index="date", columns="ticker", values=column)

    return pivot


def fingerprint(tables: MarketTables) -> str:
    return content_fingerprint(
        {name: conform(SCHEMAS[name], getattr(tables, name)) for name in TABLES}
    )


def index(tables: MarketTables, ticker: str) -> pd.DataFrame:
    return tables.indices[tables.indices["ticker"] == ticker].set_index("date")


def members(tables: MarketTables, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    tickers = sorted(tables.securities["ticker"])
    member = pd.DataFrame(False, index=sessions, columns=tickers)
    for row in tables.membership.itertuples():
        until = sessions[-1] + pd.Timedelta(days=1) if pd.isna(row.end_date) else row.end_date
        member.loc[(sessions >= row.start_date) & (sessions < until), row.ticker] = True
    return member


def test_one_seed_makes_one_market(tables: MarketTables) -> None:
    assert fingerprint(tables) == fingerprint(generate(SEED))


def test_another_seed_makes_another_market(tables: MarketTables) -> None:
    other = generate(SEED + 1)
    assert fingerprint(tables) != fingerprint(other)
    assert set(other.securities["ticker"]) == set(tables.securities["ticker"])


@pytest.mark.parametrize("table", TABLES)
def test_tables_have_the_schema_of_the_store(tables: MarketTables, table: str) -> None:
    frame = getattr(tables, table)
    stored = conform(SCHEMAS[table], frame)
    assert stored.num_rows == len(frame) > 0
    assert set(frame.columns) == set(SCHEMAS[table].names)


def test_dates_span_the_seven_years(tables: MarketTables) -> None:
    dates = tables.prices["date"]
    assert dates.min() == pd.Timestamp("2018-01-02")
    assert dates.max() == pd.Timestamp("2024-12-31")
    assert dates.nunique() == 1761
    assert dates.dt.day_of_week.max() <= 4
    for frame in (index(tables, BENCHMARK), index(tables, VIX), tables.rates.set_index("date")):
        assert frame.index.tolist() == sorted(dates.unique())


def test_everything_says_that_it_is_simulated(tables: MarketTables) -> None:
    assert set(tables.prices["source"]) == {SOURCE} == set(tables.indices["source"])
    assert set(tables.indices["ticker"]) == {BENCHMARK, VIX}
    assert set(tables.rates["series"]) == {RATE}


def test_names_and_symbols_are_unique_and_look_invented() -> None:
    listed = companies()
    assert len({company.ticker for company in listed}) == len(listed) == 224
    assert len({company.name for company in listed}) == len(listed)
    for company in listed:
        assert re.fullmatch(r"[A-Z][B-DF-HJ-NP-TV-XZ]{3}", company.ticker)
        assert len(set(company.ticker) & set("JKQVXZ")) >= 2


def test_sectors_have_the_proportions_of_a_large_cap_index(tables: MarketTables) -> None:
    counts = tables.securities["sector"].value_counts()
    assert set(counts.index) == set(SECTORS)
    assert 0 < tables.securities["sector"].isna().sum() <= 3
    assert counts["Information Technology"] / 224 == pytest.approx(0.14, abs=0.02)
    assert counts.max() / 224 < 0.16
    assert counts.min() / 224 > 0.03


def test_two_hundred_members_each_session_and_each_has_prices(
    tables: MarketTables, wide: Callable[[str], pd.DataFrame]
) -> None:
    close = wide("close")
    member = members(tables, close.index)
    assert (member.sum(axis=1) == 200).all()
    missing = (close.isna() & member).sum().sum()
    assert 0 < missing < 40
    assert (tables.membership.groupby("ticker").size() == 2).sum() == 1, "one company comes back"


def test_companies_list_and_leave_in_each_way(
    tables: MarketTables, wide: Callable[[str], pd.DataFrame]
) -> None:
    close = wide("close")
    first = close.apply(pd.Series.first_valid_index)
    assert (first > close.index[0]).sum() == 11
    gone = tables.securities.dropna(subset=["last_session"]).set_index("ticker")
    last = close.apply(pd.Series.last_valid_index)
    assert (last[gone.index] == gone["last_session"]).all()
    assert (last.drop(gone.index) == close.index[-1]).all()
    mergers, failures = gone[gone["delisting_return"] == 0], gone[gone["delisting_return"] < 0]
    assert (len(mergers), len(failures), int(gone["data_ended"].sum())) == (8, 6, 2)
    assert failures["delisting_return"].between(-1.0, -0.8).all()
    assert gone.loc[gone["data_ended"], "delisting_return"].isna().all()
    living = tables.securities[tables.securities["last_session"].isna()]
    assert living["delisting_return"].isna().all()
    assert not living["data_ended"].any()


def test_failures_collapse_and_bids_hold_the_price(
    tables: MarketTables, wide: Callable[[str], pd.DataFrame]
) -> None:
    total = wide("adj_close")
    for row in tables.securities.dropna(subset=["delisting_return"]).itertuples():
        path = total[row.ticker].dropna()
        if row.delisting_return < 0:
            assert path.iloc[-1] / path.iloc[-240:].max() < 0.4
        else:
            assert path.pct_change().iloc[-60:].std() < 0.006
            assert path.iloc[-130:].pct_change().max() > 0.15


def test_halts_leave_single_bars_missing(wide: Callable[[str], pd.DataFrame]) -> None:
    close = wide("close")
    inside = close.isna() & close.ffill().notna() & close.bfill().notna()
    runs = inside.sum()
    assert 15 <= inside.to_numpy().sum() <= 30
    assert runs.max() == 3
    months = close.index.to_period("M")
    edge = np.r_[months[1:] != months[:-1], True] | np.r_[True, months[1:] != months[:-1]]
    assert inside[edge].to_numpy().sum() >= 4


def test_bars_are_in_order(tables: MarketTables) -> None:
    bars = tables.prices
    assert (bars["high"] >= bars[["open", "close", "low"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close", "high"]].min(axis=1)).all()
    assert (bars[["open", "high", "low", "close", "adj_close", "volume"]] > 0).all().all()
    assert (bars["volume"] % 1 == 0).all()


def test_adjusted_close_steps_at_dividends_only(
    demo: DemoMarket, wide: Callable[[str], pd.DataFrame]
) -> None:
    first = demo.plan.first
    factor = (wide("adj_close") / wide("close")).to_numpy()
    dividend, close = demo.bars.dividends[first:], demo.bars.close[first:]
    step = factor[:-1] / factor[1:]
    expected = 1.0 - dividend[1:] / close[:-1]
    both = np.isfinite(step)
    # Closes and adjusted closes are rounded; that is all that may lie between the two.
    assert np.abs(step - expected)[both].max() < 5e-5
    paid = dividend[1:][both] > 0
    assert (step[both][paid] < 1.0 - 1e-4).all()
    assert 0.01 < paid.mean() < 0.02, "about four dividends a year from most companies"


def test_dividends_and_price_add_up_to_the_total_return(
    demo: DemoMarket, wide: Callable[[str], pd.DataFrame]
) -> None:
    close, total = wide("close").to_numpy(), wide("adj_close").to_numpy()
    dividend = demo.bars.dividends[demo.plan.first :]
    with_dividend = close[1:] / (close[:-1] - dividend[1:])
    assert np.nanmax(np.abs(total[1:] / total[:-1] / with_dividend - 1.0)) < 1e-4
    plain = np.log(total[1:] / total[:-1]) - np.log(close[1:] / close[:-1])
    yearly = np.nansum(plain) / np.isfinite(plain).sum() * 252
    assert 0.01 < yearly < 0.03, "mean dividend yield"


def test_splits_leave_no_jump(demo: DemoMarket) -> None:
    assert len(demo.plan.splits) == 6
    for split in demo.plan.splits:
        close = demo.bars.close[:, split.company]
        assert abs(np.log(close[split.session] / close[split.session - 1])) < 0.25
        cents = close[: split.session] * split.ratio * 100
        assert np.abs(cents - np.round(cents)).max() < 1e-6
        before, after = (
            demo.bars.volume[split.session - 60 :, split.company].reshape(-1)[:120].reshape(2, 60)
        )
        assert 0.4 < np.median(after) / np.median(before) < 2.5


def test_generated_rates_and_volatility_index_stay_in_range(tables: MarketTables) -> None:
    vix = index(tables, VIX)["close"]
    assert vix.between(10, 82).all()
    assert 14 < vix.median() < 24
    assert vix["2020-02":"2020-04"].max() > 45
    rate = tables.rates.set_index("date")["pct"]
    assert (rate > 0).all()
    assert rate["2020-06":"2021-12"].max() < 0.4
    assert rate["2023-06":"2024-08"].min() > 4.8


@pytest.mark.parametrize("seed", [SEED, 23, 101])
def test_another_seed_is_as_plausible(seed: int) -> None:
    bench = index(generate(seed), BENCHMARK)["adj_close"]
    years = (bench.index[-1] - bench.index[0]).days / 365.25
    assert 0.07 < (bench.iloc[-1] / bench.iloc[0]) ** (1 / years) - 1 < 0.18
    assert -0.40 < (bench / bench.cummax() - 1).min() < -0.28
    assert 0.15 < bench.pct_change().std() * np.sqrt(252) < 0.23
