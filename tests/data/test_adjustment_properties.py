"""Properties of the adjustment over random histories, and the definition written bar by bar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from data.adjustment import adjust, unsplit, unsplit_dividends
from tests.data.test_adjustment import BARS, DIVIDENDS, SPLITS, START, column, table

few = settings(max_examples=20)  # each example asks DuckDB several times
History = tuple[pa.Table, pa.Table, pa.Table]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Bars of one or two names with gaps, splits and dividends on any day, bars or not."""
    bars, splits, cash = [], [], []
    for ticker in draw(st.sampled_from([("A",), ("A", "B")])):
        days = sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=15)))
        closes = draw(st.lists(st.floats(5.0, 500.0), min_size=len(days), max_size=len(days)))
        bars += [(_day(d), ticker, c) for d, c in zip(days, closes, strict=True)]
        ratios = draw(st.dictionaries(st.integers(-2, 33), st.sampled_from([0.1, 1.5, 2.0, 4.0])))
        splits += [(ticker, _day(d), ratio) for d, ratio in ratios.items()]
        paid = draw(st.lists(st.tuples(st.integers(-2, 33), st.floats(0.0, 0.4)), max_size=4))
        cash += [(ticker, _day(d), amount) for d, amount in paid]
    return table(BARS, *bars), table(SPLITS, *splits), table(DIVIDENDS, *cash)


def _day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def reference(history: History, ticker: str) -> tuple[list[float], list[float]]:
    """Split-adjusted and total-return closes by the definition, one bar after the other."""
    bars, splits, cash = (item.to_pylist() for item in history)
    mine = sorted((b for b in bars if b["ticker"] == ticker), key=lambda b: b["date"])
    ratios = [s for s in splits if s["ticker"] == ticker]
    paid = [p for p in cash if p["ticker"] == ticker]
    # Wealth in money of the last bar: own one share before it, walk backwards.
    close, total = [mine[-1]["close"]], [mine[-1]["close"]]
    factor = shares = 1.0
    for before, after in zip(mine[-2::-1], mine[:0:-1], strict=True):
        span = (before["date"], after["date"])
        cash_here = 0.0
        here = [s for s in ratios if span[0] < s["execution_date"] <= span[1]]
        for dividend in (p for p in paid if span[0] < p["ex_date"] <= span[1]):
            later = [s["ratio"] for s in here if s["execution_date"] > dividend["ex_date"]]
            cash_here += dividend["cash_amount"] / (shares * float(np.prod(later)))
        shares *= float(np.prod([s["ratio"] for s in here]))
        price = before["close"] / shares
        if cash_here < price:
            factor *= 1.0 - cash_here / price
        close.append(price)
        total.append(price * factor)
    return close[::-1], total[::-1]


@few
@given(histories())
def test_equals_the_definition(history: History) -> None:
    bars = adjust(*history).bars
    tickers = column(bars, "ticker")
    for ticker in set(tickers):
        close, total = reference(history, ticker)
        np.testing.assert_allclose(column(bars, "close")[tickers == ticker], close, rtol=1e-9)
        np.testing.assert_allclose(column(bars, "adj_close")[tickers == ticker], total, rtol=1e-9)


@few
@given(histories(), st.integers(1, 30), st.sampled_from([0.05, 0.5, 3.0, 20.0]))
def test_returns_do_not_change_when_the_shares_are_counted_anew(
    history: History, day: int, ratio: float
) -> None:
    bars, splits, cash = (item.to_pylist() for item in history)
    when = _day(day)
    if any(split["execution_date"] == when for split in splits):
        return
    for bar in bars:
        bar["close"] /= ratio if bar["date"] >= when and bar["ticker"] == "A" else 1.0
    for paid in cash:
        paid["cash_amount"] /= ratio if paid["ex_date"] >= when and paid["ticker"] == "A" else 1.0
    splits.append({"ticker": "A", "execution_date": when, "ratio": ratio})
    anew = adjust(
        pa.Table.from_pylist(bars, BARS),
        pa.Table.from_pylist(splits, SPLITS),
        pa.Table.from_pylist(cash, DIVIDENDS),
    ).bars
    before = adjust(*history).bars
    for name in ("close", "adj_close"):
        tickers = column(before, "ticker")
        for ticker in set(tickers):
            scale = column(anew, name)[tickers == ticker] / column(before, name)[tickers == ticker]
            np.testing.assert_allclose(scale, scale[-1], rtol=1e-9)


@few
@given(histories(), st.integers(0, 30))
def test_nothing_after_a_date_changes_the_returns_before_it(history: History, day: int) -> None:
    bars, splits, cash = history
    known = bars.filter(pa.compute.less_equal(bars["date"], pa.scalar(_day(day))))
    early = adjust(known, splits, cash).bars  # later actions are given, and must not matter
    blind = adjust(
        known,
        splits.filter(pa.compute.less_equal(splits["execution_date"], pa.scalar(_day(day)))),
        cash.filter(pa.compute.less_equal(cash["ex_date"], pa.scalar(_day(day)))),
    ).bars
    assert early.equals(blind)
    full = adjust(bars, splits, cash).bars
    for ticker in set(column(early, "ticker")):
        at_the_time = column(early, "adj_close")[column(early, "ticker") == ticker]
        in_hindsight = column(full, "adj_close")[column(full, "ticker") == ticker]
        scale = in_hindsight[: len(at_the_time)] / at_the_time
        np.testing.assert_allclose(scale, scale[-1], rtol=1e-9)


@few
@given(histories(), st.randoms())
def test_order_of_rows_does_not_matter(history: History, random: Any) -> None:
    def shuffled(item: pa.Table) -> pa.Table:
        rows = list(range(item.num_rows))
        random.shuffle(rows)
        return item.take(pa.array(rows, pa.int64()))

    one, other = adjust(*history), adjust(*(shuffled(item) for item in history))
    assert one.bars.equals(other.bars)
    assert one.unused.num_rows == other.unused.num_rows


@few
@given(histories())
def test_ranges_and_the_last_bar(history: History) -> None:
    bars = adjust(*history).bars
    close, total = column(bars, "close"), column(bars, "adj_close")
    assert bars.num_rows == history[0].num_rows
    assert (total > 0).all()
    assert (total <= close * (1 + 1e-12)).all()
    raw = {(b["date"], b["ticker"]): b["close"] for b in history[0].to_pylist()}
    last: dict[str, dt.date] = {}
    for day, ticker in raw:
        last[ticker] = max(day, last.get(ticker, day))
    for row in bars.to_pylist():
        if row["date"] == last[row["ticker"]]:
            assert row["close"] == row["adj_close"] == raw[row["date"], row["ticker"]]


@few
@given(histories())
def test_unsplit_undoes_what_the_vendor_did(history: History) -> None:
    bars, splits, cash = history
    vendor_basis = _day(100)
    rows = bars.to_pylist()
    for row in rows:  # what a vendor makes of the bars: every split there is, also later ones
        for split in splits.to_pylist():
            if split["ticker"] == row["ticker"] and split["execution_date"] > row["date"]:
                row["close"] /= split["ratio"]
    paid = cash.to_pylist()
    for row in paid:
        for split in splits.to_pylist():
            if split["ticker"] == row["ticker"] and split["execution_date"] > row["ex_date"]:
                row["cash_amount"] /= split["ratio"]
    raw = unsplit(pa.Table.from_pylist(rows, BARS), splits, vendor_basis)
    raw_cash = unsplit_dividends(pa.Table.from_pylist(paid, DIVIDENDS), splits, vendor_basis)
    ordered = bars.sort_by([("date", "ascending"), ("ticker", "ascending")])
    np.testing.assert_allclose(column(raw, "close"), column(ordered, "close"), rtol=1e-12)
    one, other = adjust(raw, splits, raw_cash).bars, adjust(*history).bars
    np.testing.assert_allclose(column(one, "adj_close"), column(other, "adj_close"), rtol=1e-8)
