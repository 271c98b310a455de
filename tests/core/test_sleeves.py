from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.book import Book, build_book
from core.config import Scenario
from core.errors import ConfigError, InputsError
from core.explain_selection import Choice, Selection, placing
from core.ledger import EventKind
from core.limits import cap_breaches
from core.market import FUND_SECTORS, Funds, MarketPanel
from core.scenario import with_values
from core.signals import compute_signals, signals_key
from core.sleeves import sleeve_funds, with_funds, with_sleeves
from tests.markets import SHORT, make_market, until

FIRST = 65
ON = with_values(
    SHORT,
    {
        "book.names_held": 6,
        "book.position_cap": 0.3,
        "book.sector_cap": 0.6,
        "book.eafe.enabled": True,
        "book.small_value.enabled": True,
        "book.small_value.fund": "VBR",
        "book.small_value.weight": 0.15,
    },
)


def funded(seed: int = 0) -> MarketPanel:
    """A made-up market with two funds, of which one has only closes."""
    market = make_market(seed=seed)
    rng = np.random.default_rng(seed + 1)
    close = 30.0 * np.cumprod(1.0 + rng.normal(0.0003, 0.01, (200, 2)), axis=0)
    inside = close * np.array([0.99, np.nan])
    return dataclasses.replace(market, funds=Funds(("EFA", "VBR"), close, inside, 0.9 * inside))


def books(market: MarketPanel, scenario: Scenario = ON) -> tuple[Book, Book, MarketPanel]:
    """The book of the stocks, that with sleeves, and the market it is of."""
    wide = with_funds(market, sleeve_funds(scenario.book))
    signals = compute_signals(wide, scenario, (FIRST, len(market.sessions) - 1))
    stocks = build_book(wide, signals, scenario)
    return stocks, with_sleeves(stocks, wide, scenario.book), wide


def test_without_a_sleeve_nothing_is_touched() -> None:
    market = funded()
    assert sleeve_funds(SHORT.book) == {}
    assert with_funds(market, {}) is market
    plain = build_book(market, compute_signals(market, SHORT, (FIRST, 199)), SHORT)
    assert with_sleeves(plain, market, SHORT.book) is plain
    idle = with_values(SHORT, {"book.eafe.weight": 0.3})
    assert signals_key("m", idle) == signals_key("m", SHORT) != signals_key("m", ON)


def test_the_funds_have_their_weights_and_the_stocks_share_the_rest() -> None:
    stocks, book, wide = books(funded())
    assert wide.tickers[-2:] == ("EFA", "VBR")
    assert wide.sector[-2:] == FUND_SECTORS
    assert not wide.member[:, -2:].any()
    assert np.array_equal(book.target[:, -2:], np.tile([0.10, 0.15], (len(book.rebalance), 1)))
    assert np.allclose(book.target[:, :-2], stocks.target[:, :-2] * 0.75, rtol=0.0, atol=1e-15)
    assert book.alpha is not None
    assert np.isnan(book.alpha[:, -2:]).all()


def test_stocks_are_chosen_as_without_funds() -> None:
    market = funded()
    alone = build_book(market, compute_signals(market, ON, (FIRST, 199)), ON)
    stocks, _, _ = books(market)
    assert np.array_equal(stocks.target[:, :-2], alone.target)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**16),
    st.sampled_from(["fixed", "regime", "inverse_volatility"]),
    st.floats(0.0, 0.25),
    st.floats(0.25, 0.5),
)
def test_bounds_and_caps_hold_in_every_target(
    seed: int, by: str, lowest: float, highest: float
) -> None:
    values = {"weight": 0.1, "set_by": by, "lowest": lowest, "highest": highest}
    scenario = with_values(ON, {f"book.eafe.{name}": value for name, value in values.items()})
    _, book, wide = books(funded(seed), scenario)
    assert np.isfinite(book.target).all()
    assert (book.target[:, -2] >= lowest).all()
    assert (book.target[:, -2] <= highest).all()
    assert (book.target.sum(axis=1) <= 1.0 + 1e-12).all()
    assert (book.target[:, :-2] <= 0.3 + 1e-12).all()
    sector = np.array(wide.sector)
    for name in set(wide.sector) - set(FUND_SECTORS):
        assert (book.target[:, sector == name].sum(axis=1) <= 0.6 + 1e-12).all()


def test_regimes_set_the_weight_of_their_books() -> None:
    by = {"book.eafe.set_by": "regime", "book.eafe.weights.sideways": 0.02}
    by |= {"book.eafe.weights.bull": 0.18, "book.eafe.weights.volatile": 0.3}
    _, book, _ = books(funded(), with_values(ON, by))
    table = {0: 0.18, 1: 0.1, 2: 0.02, 3: 0.2, 4: 0.1, 5: 0.1}  # volatile: the upper bound
    assert book.target[:, -2].tolist() == [table[int(code)] for code in book.regime]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**16), st.integers(120, 190))
def test_weights_read_the_past_alone(seed: int, cut: int) -> None:
    scenario = with_values(
        ON,
        {"book.eafe.set_by": "inverse_volatility", "book.covariance_lookback_days": 60,
         "book.eafe.highest": 0.5},
    )  # fmt: skip
    market = funded(seed)
    _, whole, wide = books(market, scenario)
    assert market.funds is not None
    early = dataclasses.replace(until(market, cut), funds=market.funds.until(cut))
    _, book, _ = books(early, scenario)
    rows = len(book.rebalance) - 1  # the cut month's last session decides in one of the two only
    assert np.array_equal(book.target[:rows, -2], whole.target[:rows, -2])
    scaled = dataclasses.replace(wide, close=wide.close * np.r_[np.ones(14), 8.0, 2.0])
    signals = compute_signals(scaled, scenario, (FIRST, 199))
    again = with_sleeves(build_book(scaled, signals, scenario), scaled, scenario.book)
    np.testing.assert_allclose(again.target, whole.target, rtol=1e-12)


def test_a_fund_without_a_price_leaves_its_weight_with_the_stocks() -> None:
    market = funded()
    assert market.funds is not None
    close = market.funds.close.copy()
    close[:100, 0] = np.nan  # begins later
    close[150:, 1] = np.nan  # ends earlier
    market = dataclasses.replace(market, funds=dataclasses.replace(market.funds, close=close))
    stocks, book, wide = books(market)
    early, late = book.rebalance < 100, book.rebalance >= 149
    assert early.any()
    assert late.any()
    assert (book.target[early, -2] == 0.0).all()
    assert (book.target[late, -1] == 0.0).all()
    np.testing.assert_allclose(book.target.sum(axis=1), stocks.target.sum(axis=1), atol=1e-12)
    told = [one for one in book.fallbacks if one.kind is EventKind.NO_FUND]
    assert len(told) == int(early.sum() + late.sum())
    assert "no price of EFA on the date: its weight stays with the stocks" in told[0].text
    assert wide.last_session[-2:].tolist() == [200, 149]
    assert wide.data_ended[-2:].tolist() == [False, True]


@pytest.mark.parametrize(("missing", "ended"), [(1, False), (6, False), (7, True)])
def test_a_fund_that_is_late_has_not_ended(missing: int, ended: bool) -> None:
    # The last session is a Monday: ten days before it is a Friday, six sessions back.
    market = funded()
    assert market.funds is not None
    assert str(market.sessions[-1]) == "2019-10-07"
    close = market.funds.close.copy()
    close[-missing:, 0] = np.nan
    late = dataclasses.replace(market, funds=dataclasses.replace(market.funds, close=close))
    wide = with_funds(late, sleeve_funds(ON.book))
    assert wide.data_ended[-2:].tolist() == [ended, False]
    assert wide.last_session[-2:].tolist() == [199 - missing if ended else 200, 200]


def test_a_fund_that_is_a_security_as_well_is_the_fund_alone() -> None:
    market = funded()
    stocks, _, _ = books(market)
    chosen = int(stocks.target.sum(axis=0).argmax())
    both = dataclasses.replace(
        market,
        tickers=tuple("EFA" if k == chosen else name for k, name in enumerate(market.tickers)),
    )
    _, book, wide = books(both)
    assert wide.tickers.count("EFA") == 1
    assert wide.sector[chosen] == FUND_SECTORS[0]
    assert not wide.member[:, chosen].any()
    held = np.isfinite(wide.close[book.rebalance, chosen])
    assert held.any()
    np.testing.assert_array_equal(book.target[:, chosen], np.where(held, 0.10, 0.0))
    np.testing.assert_allclose(book.target.sum(axis=1), 1.0, atol=1e-12)
    assert any("EFA is a security of the market as well" in note for note in wide.notes)
    assert with_funds(wide, sleeve_funds(ON.book)) is wide


def test_too_short_a_history_for_a_volatility_takes_the_lowest_weight() -> None:
    market = funded()
    assert market.funds is not None
    close = market.funds.close.copy()
    close[:80, 0] = np.nan
    market = dataclasses.replace(market, funds=dataclasses.replace(market.funds, close=close))
    scenario = with_values(
        ON, {"book.eafe.set_by": "inverse_volatility", "book.eafe.lowest": 0.05,
             "book.covariance_lookback_days": 60},
    )  # fmt: skip
    _, book, _ = books(market, scenario)
    row = int(np.argmax(book.rebalance >= 80))
    assert book.target[row, -2] == 0.05
    told = [one for one in book.fallbacks if one.text.startswith(FUND_SECTORS[0])]
    short = next(one for one in told if one.kind is EventKind.SHORT_HISTORY)
    session = int(book.rebalance[row])
    assert (short.session, short.value, short.threshold) == (session, session - 80, 30)
    assert f"{session - 80} of 30 sessions of returns known" in short.text


def test_a_fund_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputsError, match=r"EFA, VBR \(book.eafe.fund\) is not; its funds are: no"):
        with_funds(make_market(), sleeve_funds(ON.book))
    other = with_values(ON, {"book.eafe.fund": "VEA"})
    with pytest.raises(InputsError, match=r"VEA \(book.eafe.fund\) is not; .*EFA, VBR"):
        with_funds(funded(), sleeve_funds(other.book))


def test_bounds_that_cross_are_refused_and_a_weight_outside_them_is_said() -> None:
    with pytest.raises(ConfigError, match=r"lowest must be at most highest \(0.2\), was 0.3"):
        with_values(ON, {"book.eafe.lowest": 0.3})
    outside = with_values(ON, {"book.eafe.weight": 0.4})
    assert any("book.eafe.weight is 0.4, outside its bounds" in w for w in outside.warnings())
    own = with_values(ON, {"book.own_book": "mine"})
    assert any("an own book holds no sleeve" in w for w in own.warnings())
    assert sleeve_funds(own.book) == {}


def test_no_cap_is_about_a_fund() -> None:
    held = np.full((3, 2), 0.4)
    found = cap_breaches(held, ["A", "EFA"], ["X", FUND_SECTORS[0]], position_cap=0.3,
                         sector_cap=0.3)  # fmt: skip
    assert found.name == ("X", "A")


def test_a_fund_is_explained_as_a_sleeve_and_takes_no_place() -> None:
    _, book, wide = books(funded())
    shape = book.target.shape
    selection = Selection(
        column=np.arange(shape[1]), target=book.target, scored=True,
        member=wide.member[book.rebalance], has_bar=np.isfinite(wide.close[book.rebalance]),
        universe=np.isfinite(book.composite), factors=(), scores=np.zeros((*shape, 0)),
        composite=book.composite, tradable=np.ones(shape, dtype=np.bool_),
        order=np.arange(shape[1]), sector=wide.sector, names_held=6,
    )  # fmt: skip
    fund = placing(selection, 0, shape[1] - 1)
    assert (fund.choice, fund.target, fund.rank) == (Choice.SLEEVE, 0.15, 0)
    assert fund.chosen == 6


def test_the_panel_survives_the_disk() -> None:
    market = funded()
    again = MarketPanel.from_arrays(market.to_arrays())
    assert again.funds is not None
    assert market.funds is not None
    assert again.funds.tickers == market.funds.tickers
    assert np.array_equal(again.funds.open, market.funds.open, equal_nan=True)
    assert MarketPanel.from_arrays(make_market().to_arrays()).funds is None
