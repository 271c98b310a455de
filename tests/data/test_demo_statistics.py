"""Stylised facts of the demo market, and the modest style premia planted in it."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from data.providers.demo import BENCHMARK, VIX, generate
from data.store import MarketTables


@dataclass(frozen=True)
class Market:
    tables: MarketTables
    close: pd.DataFrame
    total: pd.DataFrame
    member: pd.DataFrame
    benchmark: pd.Series
    vix: pd.Series

    @property
    def returns(self) -> pd.DataFrame:
        return self.total / self.total.shift(1) - 1.0


@pytest.fixture(scope="module")
def market() -> Market:
    tables = generate(7)
    prices = tables.prices.astype({"ticker": "str"})
    close = prices.pivot(index="date", columns="ticker", values="close")
    member = pd.DataFrame(False, index=close.index, columns=close.columns)
    for row in tables.membership.itertuples():
        until = pd.Timestamp("2100-01-01") if pd.isna(row.end_date) else row.end_date
        member.loc[(close.index >= row.start_date) & (close.index < until), row.ticker] = True
    levels = tables.indices.pivot(index="date", columns="ticker", values="adj_close")
    return Market(
        tables=tables,
        close=close,
        total=prices.pivot(index="date", columns="ticker", values="adj_close"),
        member=member,
        benchmark=levels[BENCHMARK],
        vix=levels[VIX],
    )


def depth(level: pd.Series) -> float:
    return float((level / level.cummax() - 1).min())


def test_market_looks_like_equity(market: Market) -> None:
    daily = market.benchmark.pct_change().dropna()
    cash = market.tables.rates.set_index("date")["pct"].reindex(daily.index) / 100 / 252
    excess = daily - cash
    assert 0.5 < excess.mean() / excess.std() * np.sqrt(252) < 0.8
    assert 0.15 < daily.std() * np.sqrt(252) < 0.22
    assert daily.kurt() + 3 > 4
    assert daily.min() > -0.13


def test_volatility_clusters_and_rises_when_the_market_falls(market: Market) -> None:
    daily = market.benchmark.pct_change().dropna()
    size = daily.abs()
    for lag in (1, 5, 20):
        assert size.autocorr(lag) > 0.08
        assert abs(daily.autocorr(lag)) < 0.08
    # Leverage effect: a fall is followed by larger moves than a rise.
    later = size[::-1].rolling(10).mean()[::-1].shift(-1)
    assert daily.corr(later) < -0.03
    assert market.vix.pct_change().corr(daily) < -0.1


def test_single_names_cluster_and_have_fat_tails(market: Market) -> None:
    returns = market.returns.loc[:, market.close.notna().all()]
    assert returns.shape[1] > 150
    assert (returns.kurt() + 3).median() > 5
    assert returns.abs().apply(pd.Series.autocorr).median() > 0.05


def test_crash_and_bear_market_are_as_deep_as_they_should_be(market: Market) -> None:
    crash = market.benchmark["2020-01":"2020-05"]
    assert -0.36 < depth(crash) < -0.29
    trough = crash.idxmin()
    peak = crash[:trough].idxmax()
    assert 25 <= (trough - peak).days <= 50
    assert market.benchmark["2020-06":"2020-12"].max() > crash[peak], "recovered within the year"
    bear = market.benchmark["2021-11":"2022-11"]
    assert -0.29 < depth(bear) < -0.19
    assert (bear.idxmin() - bear[: bear.idxmin()].idxmax()).days > 180


def test_cross_section_of_risk(market: Market) -> None:
    returns = market.returns
    vol = returns.std() * np.sqrt(252)
    assert 0.16 < vol.quantile(0.05) < 0.24
    assert 0.40 < vol.quantile(0.95) < 0.60
    daily = market.benchmark.pct_change()
    beta = returns.apply(lambda name: name.cov(daily)) / daily.var()
    assert 0.35 < beta.quantile(0.05) < 0.70
    assert 1.25 < beta.quantile(0.95) < 1.70
    sector = market.tables.securities.set_index("ticker")["sector"]
    beside = returns.sub(daily, axis=0)
    same = beside.loc[:, sector[returns.columns] == "Energy"].corr().to_numpy()
    assert same[np.triu_indices(len(same), 1)].mean() > 0.15, "sectors move together"


def test_dollar_volume_is_log_normal_and_persistent(market: Market) -> None:
    prices = market.tables.prices
    dollars = np.log(prices["close"] * prices["volume"])
    wide = prices.assign(ticker=prices["ticker"].astype("str"), dollars=dollars).pivot(
        index="date", columns="ticker", values="dollars"
    )
    assert abs(wide.mean().skew()) < 1.0
    assert wide.apply(pd.Series.autocorr).median() > 0.4


def test_reports_come_after_their_quarter(market: Market) -> None:
    filings = market.tables.fundamentals
    lag = (filings["available_date"] - filings["period_end"]).dt.days
    assert lag.min() >= 30
    assert lag.quantile(0.98) <= 60
    assert lag.max() > 70, "a few are late"
    assert (lag[filings["date_kind"] == "assumed_60d"] == 60).all()
    assert filings["period_end"].dt.is_month_end.all()
    ordered = filings.sort_values(["ticker", "period_end"]).groupby("ticker")
    assert (ordered["available_date"].diff().dropna() > pd.Timedelta(0)).all()
    assert (ordered["period_end"].diff().dropna().dt.days <= 93).all()
    last = market.tables.securities.set_index("ticker")["last_session"]
    known_after = filings["available_date"] > filings["ticker"].map(last)
    assert not known_after.any(), "nobody reports after the delisting"


def test_reports_hang_together(market: Market) -> None:
    filings = market.tables.fundamentals
    coverage = filings[["revenue", "net_income", "equity", "free_cash_flow"]].notna().mean()
    assert (coverage < 1).all()
    assert (coverage > 0.8).all()
    assert (
        filings["total_assets"].dropna()
        > filings["equity"].fillna(0)[filings["total_assets"].notna()]
    ).all()
    assert (filings["shares_outstanding"].dropna() > 0).all()
    assert 0.01 < (filings["net_income"] < 0).mean() < 0.10
    newest = filings[filings["available_date"] <= "2022-01-03"].groupby("ticker").last()
    cap = market.close.loc["2022-01-03"] * newest["shares_outstanding"]
    assert 0.02 < (4 * newest["net_income"] / cap).median() < 0.09
    assert 0.1 < (newest["equity"] / cap).median() < 0.7


def styles(market: Market, at: int) -> dict[str, pd.Series]:
    # Plain versions of the three styles, from what is known at the close of session `at`.
    today = market.close.index[at]
    names = market.member.columns[market.member.iloc[at]]
    filled = market.total.ffill(limit=5)
    known = market.tables.fundamentals
    known = known[known["available_date"] <= today].sort_values(["available_date", "period_end"])
    year = known.groupby("ticker").tail(4).groupby("ticker")
    flows = 4 * year[["net_income", "operating_cf"]].mean()
    stocks = year[["equity", "total_assets", "shares_outstanding"]].last()
    cap = market.close.iloc[at] * stocks["shares_outstanding"]
    vol = market.returns.iloc[at - 62 : at + 1].std()

    def score(values: pd.Series) -> pd.Series:
        values = values.reindex(names)
        return ((values - values.mean()) / values.std()).clip(-3, 3)

    value = (flows["net_income"] / cap, stocks["equity"] / cap, flows["operating_cf"] / cap)
    assets = stocks["total_assets"]
    quality = (flows["net_income"] / assets, flows["operating_cf"] / assets, -vol)
    return {
        "momentum": score(filled.iloc[at - 21] / filled.iloc[at - 252] - 1),
        "value": pd.concat([score(part) for part in value], axis=1).mean(axis=1),
        "quality": pd.concat([score(part) for part in quality], axis=1).mean(axis=1),
    }


def test_styles_pay_a_little_and_not_every_month(market: Market) -> None:
    sessions = market.close.index
    ends = np.flatnonzero(sessions.month[1:] != sessions.month[:-1])
    filled = market.total.ffill(limit=5)
    ranks: dict[str, list[float]] = {"momentum": [], "value": [], "quality": []}
    for now, later in itertools.pairwise(ends[12:]):
        future = filled.iloc[later] / filled.iloc[now] - 1
        for style, scores in styles(market, int(now)).items():
            ranks[style].append(scores.corr(future.reindex(scores.index), method="spearman"))
    for style, monthly in ranks.items():
        assert len(monthly) > 60
        assert 0.0 < np.mean(monthly) < 0.08, style
        assert np.std(monthly) > 0.08, style
        assert np.mean(np.array(monthly) < 0) > 0.25, style
