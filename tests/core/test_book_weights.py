from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.book_weights
from core.book import DEFENSIVE_SECTORS, Book, build_book
from core.book_config import BookConfig
from core.caps import ROUNDING, buffered, filled, quotas, tilt
from core.config import Scenario
from core.covariance import betas, shrunk_covariance
from core.factors.trailing import simple_returns
from core.market import Floats, MarketPanel
from core.quadratic import Limits, minimised
from core.regimes import market_returns
from core.scenario import with_values
from core.signals import compute_signals
from tests.markets import SHORT, by_sector_of, changed_after, make_market, permuted

FIRST = 65
WEIGHTINGS = ("equal", "score", "inverse_volatility", "minimum_variance")


def scenario(**changes: object) -> Scenario:
    book = {"names_held": 6, "position_cap": None, "covariance_lookback_days": 40} | changes
    return with_values(SHORT, {f"book.{name}": value for name, value in book.items()})


def book_of(market: MarketPanel, chosen: Scenario) -> Book:
    return build_book(
        market, compute_signals(market, chosen, (FIRST, len(market.sessions) - 1)), chosen
    )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(WEIGHTINGS),
    st.sampled_from(["score", "sector_balanced"]),
    st.integers(1, 14),
    st.none() | st.floats(0.05, 1.0),
    st.none() | st.floats(0.05, 1.0),
    st.sampled_from([(None, None), (0.9, 1.05), (None, 0.8), (1.3, None)]),
    st.sampled_from([0.0, 0.02]),
)
def test_caps_hold_in_every_target(
    seed: int,
    weighting: str,
    selection: str,
    held: int,
    position: float | None,
    by_sector: float | None,
    beta: tuple[float | None, float | None],
    band: float,
) -> None:
    market = make_market(seed=seed, sessions=120)
    chosen = scenario(
        weighting=weighting, selection=selection, names_held=held, position_cap=position,
        sector_cap=by_sector, beta_low=beta[0], beta_high=beta[1], no_trade_band=band,
        rank_buffer=0.5,
    )  # fmt: skip
    book = book_of(market, chosen)
    assert np.isfinite(book.target).all()
    assert (book.target >= 0.0).all()
    assert (book.target.sum(axis=1) <= 1.0 + ROUNDING).all()
    assert book.target.max() <= (position or 1.0) + ROUNDING
    assert by_sector_of(market, book.target).max() <= (by_sector or 1.0) + ROUNDING
    assert ((book.target > 0.0).sum(axis=1) <= held).all()
    short = set(np.flatnonzero(book.target.sum(axis=1) < 1.0 - 1e-6).tolist())
    assert short <= {row for row, _ in book.infeasible}
    explained = {row for row, reason in book.infeasible if "beta" in reason}
    if beta != (None, None):
        moves, returns = market_returns(market.close, market.member), simple_returns(market.close)
        for row, session in enumerate(book.rebalance.tolist()):
            own = betas(returns, moves, np.arange(14), session, 40) @ book.target[row]
            outside = own < (beta[0] or -9.0) - 1e-3 or own > (beta[1] or 9.0) + 1e-3
            assert not outside or row in explained or row in short


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_nothing_after_a_session_changes_a_target_nor_does_the_order_of_names(
    weighting: str,
) -> None:
    market = make_market(seed=3)
    chosen = scenario(
        weighting=weighting, selection="sector_balanced", rank_buffer=0.3, no_trade_band=0.01,
        beta_low=0.9, beta_high=1.1, sector_cap=0.5,
    )  # fmt: skip
    whole = book_of(market, chosen)
    past = whole.rebalance <= 150
    found = book_of(changed_after(market, 150, 5), chosen)
    np.testing.assert_array_equal(found.target[found.rebalance <= 150], whole.target[past])
    order = np.random.default_rng(1).permutation(14)
    other = book_of(permuted(market, order), chosen)
    np.testing.assert_allclose(other.target, whole.target[:, order], atol=1e-5)


def test_the_level_of_prices_changes_no_weight() -> None:
    market = make_market(seed=5, sessions=130)
    for weighting in WEIGHTINGS:
        chosen = scenario(weighting=weighting)
        before = book_of(market, chosen).target
        market.close[:] *= 8.0  # exact in binary
        np.testing.assert_allclose(book_of(market, chosen).target, before, atol=1e-9)


def test_inverse_volatility_and_score_by_hand() -> None:
    market = make_market(seed=2, gaps=0.0)
    book = book_of(market, scenario(weighting="inverse_volatility"))
    session, row = int(book.rebalance[-1]), book.target[-1]
    held = np.flatnonzero(row)
    returns = simple_returns(market.close)[session - 39 : session + 1, held]
    inverse = 1.0 / returns.std(axis=0, ddof=1)
    np.testing.assert_allclose(row[held], inverse / inverse.sum(), rtol=1e-9)
    book = book_of(market, scenario(weighting="score"))
    held = np.flatnonzero(book.target[-1])
    z = book.composite[-1, held]
    size = np.where(z >= 0.0, 1.0 + z, 1.0 / (1.0 - z))
    np.testing.assert_allclose(book.target[-1, held], size / size.sum(), rtol=1e-9)


def test_tilt_rises_and_stays_positive() -> None:
    z = np.linspace(-4.0, 4.0, 81)
    assert (np.diff(tilt(z)) > 0.0).all()
    assert tilt(np.array([-3.0, 0.0, 2.0])) == pytest.approx([0.25, 1.0, 3.0])


def test_the_least_variance_is_least() -> None:
    # Without caps in the way and both weights positive, the answer is Σ⁻¹1 / 1'Σ⁻¹1.
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    limits = Limits(1.0, 1.0, 1.0, np.array([0, 1]), np.ones(2))
    exact = np.linalg.solve(covariance, np.ones(2))
    assert minimised(covariance, np.zeros(2), limits) == pytest.approx(
        exact / exact.sum(), abs=1e-6
    )
    capped = Limits(1.0, 0.6, 1.0, np.array([0, 1]), np.ones(2))
    assert minimised(covariance, np.zeros(2), capped) == pytest.approx([0.6, 0.4], abs=1e-6)
    beta = Limits(1.0, 1.0, 1.0, np.array([0, 1]), np.array([0.5, 1.5]), beta_low=1.25)
    assert minimised(covariance, np.zeros(2), beta) == pytest.approx([0.25, 0.75], abs=1e-6)
    never = Limits(1.0, 1.0, 1.0, np.array([0, 1]), np.array([0.5, 1.5]), beta_low=2.0)
    assert minimised(covariance, np.zeros(2), never) is None


def test_the_variance_is_below_that_of_other_weightings() -> None:
    market = make_market(seed=8, gaps=0.0)
    least = book_of(market, scenario(weighting="minimum_variance"))
    equal = book_of(market, scenario())
    returns = simple_returns(market.close)
    for row, session in enumerate(least.rebalance.tolist()):
        held = np.flatnonzero(equal.target[row])
        risk = shrunk_covariance(returns[max(session - 39, 0) : session + 1, :][:, held])
        own, other = least.target[row, held], equal.target[row, held]
        assert own.sum() == pytest.approx(1.0)  # the same names
        assert own @ risk @ own <= other @ risk @ other + 1e-9


def test_an_infeasible_range_of_beta_is_said() -> None:
    book = book_of(make_market(), scenario(beta_low=2.5))
    assert book.target.sum(axis=1) == pytest.approx(1.0)
    assert len(book.infeasible) == len(book.rebalance)
    assert "infeasible beta range: no weights of the 6 chosen names" in book.infeasible[0][1]


def test_a_band_never_takes_beta_out_of_its_range() -> None:
    market = make_market(seed=1, gaps=0.0)
    limits = {"weighting": "score", "beta_low": 0.95, "beta_high": 1.05}
    moves, returns = market_returns(market.close, market.member), simple_returns(market.close)

    def outside(book: Book) -> int:
        own = [
            float(betas(returns, moves, np.arange(14), session, 40) @ target)
            for session, target in zip(book.rebalance.tolist(), book.target, strict=True)
        ]
        return sum(not 0.95 - 1e-3 <= beta <= 1.05 + 1e-3 for beta in own)

    assert outside(book_of(market, scenario(weighting="score", no_trade_band=0.2)))
    banded = book_of(market, scenario(**limits, no_trade_band=0.2))
    assert outside(banded) == len(banded.infeasible) == 0
    # The band still acts where it may.
    free = book_of(market, scenario(**limits))
    assert not np.array_equal(banded.target, free.target)


def test_a_least_variance_that_is_not_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    market = make_market(gaps=0.0)
    out_of_reach = book_of(market, scenario(weighting="minimum_variance", beta_low=2.5))
    assert "no least variance of the 6 chosen names" in out_of_reach.infeasible[0][1]
    assert "infeasible beta range" in out_of_reach.infeasible[0][1]
    monkeypatch.setattr(core.book_weights, "minimised", lambda *_: None)
    failed = book_of(market, scenario(weighting="minimum_variance"))
    assert len(failed.infeasible) == len(failed.rebalance)
    assert "equal weights instead" in failed.infeasible[0][1]
    np.testing.assert_array_equal(failed.target, book_of(market, scenario()).target)


def test_a_short_history_is_passed_over_and_said() -> None:
    market = make_market(gaps=0.0)
    plain = book_of(market, scenario(weighting="inverse_volatility"))
    best = int(np.flatnonzero(plain.target[-1])[0])
    session = int(plain.rebalance[-1])
    market.close[session - 39 : session - 12, best] = np.nan
    book = book_of(market, scenario(weighting="inverse_volatility"))
    if np.isfinite(book.composite[-1, best]):
        assert book.target[-1, best] == 0.0
    assert np.isfinite(book.target).all()


def test_quotas_follow_the_universe_by_largest_remainder() -> None:
    sectors = np.repeat([0, 1, 2], [5, 3, 2])
    assert quotas(sectors, 4, 4).tolist() == [2, 1, 1, 0]
    assert quotas(np.zeros(0, dtype=np.int64), 4, 4).tolist() == [0, 0, 0, 0]


def test_every_sector_is_held_in_a_balanced_selection() -> None:
    market = make_market(seed=11, gaps=0.0)
    balanced = book_of(market, scenario(selection="sector_balanced", names_held=8))
    assert (by_sector_of(market, balanced.target) > 0.0).all()


def test_a_buffer_keeps_a_name_until_its_rank_is_beyond_it() -> None:
    last = np.array([0.0, 0.0, 0.5, 0.5])
    # Ranks 1 to 3 are inside 2 · 1.5: name 2 stays, name 3 does not.
    assert buffered(np.array([0, 1, 2, 3]), last, 2, 0.5).tolist() == [2, 0, 1, 3]


def test_a_buffer_and_a_band_trade_less() -> None:
    market = make_market(seed=4, gaps=0.0)

    def turnover(**changes: object) -> float:
        target = book_of(market, scenario(weighting="score", **changes)).target
        return float(np.abs(np.diff(target, axis=0)).sum())

    assert turnover(rank_buffer=1.0) < turnover()
    assert turnover(no_trade_band=0.05) < turnover()


@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.02, 1.0), st.floats(0.02, 1.0))
def test_filled_weights_keep_proportions_and_caps(
    seed: int, names: int, name_room: float, sector_room: float
) -> None:
    rng = np.random.default_rng(seed)
    size: Floats = rng.uniform(0.1, 3.0, names) * (rng.uniform(size=names) < 0.8)
    sector = rng.integers(0, 4, names)
    found = filled(size, sector, name_room, sector_room)
    held = np.bincount(sector, weights=found)
    assert found.max(initial=0.0) <= name_room + ROUNDING
    assert held.max(initial=0.0) <= sector_room + 10 * ROUNDING
    assert found.sum() <= 1.0 + ROUNDING
    assert ((found > 0.0) == (size > 0.0)).all()
    # Open names of one sector keep their proportions.
    for one in range(4):
        open_ = (sector == one) & (size > 0.0) & (found < name_room - 1e-9)
        if open_.any():
            ratio = found[open_] / size[open_]
            assert ratio == pytest.approx(ratio[0], rel=1e-6)
    np.testing.assert_allclose(filled(3.0 * size, sector, name_room, sector_room), found, atol=1e-9)


def test_beta_range_that_crosses_is_refused() -> None:
    with pytest.raises(ValueError, match="beta_low must be at most beta_high"):
        BookConfig(beta_low=1.2, beta_high=0.9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.floats(0.05, 1.0))
def test_defensive_names_have_their_share_or_it_is_said(seed: int, share: float) -> None:
    market = make_market(seed=seed)
    names = np.isin(np.array(market.sector), DEFENSIVE_SECTORS)
    plain = book_of(market, scenario(position_cap=0.4))
    held = book_of(market, scenario(position_cap=0.4, defensive_share=share))
    asked = int(np.ceil(share * 6 - 1e-12))
    said = {row for row, reason in held.infeasible if "names of defensive sectors" in reason}
    for row in range(len(held.rebalance)):
        count = int((held.target[row, names] > 0.0).sum())
        there = int(np.isfinite(held.composite[row, names]).sum())
        assert count >= min(asked, there)
        assert (row in said) == (there < asked)
        if int((plain.target[row, names] > 0.0).sum()) >= asked:
            assert np.array_equal(held.target[row], plain.target[row])
