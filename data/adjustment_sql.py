"""The queries of the adjustment, and the hardened DuckDB that answers them.

Cumulative factors are made per action, a few thousand rows, and each bar looks up the nearest
action after it (ASOF); nothing is multiplied bar by bar.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa

__all__ = [
    "ADJUST_BARS",
    "DIVIDEND_FATES",
    "SPLIT_FATES",
    "UNSPLIT_BARS",
    "UNSPLIT_DIVIDENDS",
    "Query",
    "answers",
]

Query = tuple[str, tuple[str | date, ...]]

_SPANS: Final = """
    spans AS (
        SELECT ticker, min(date) AS first_bar, max(date) AS last_bar FROM bars GROUP BY ticker
    )"""

# `later` = product of the ratios of a split and of all that follow it.
_LATER: Final = """
    later_splits AS (
        SELECT ticker, execution_date, product(ratio) OVER (
            PARTITION BY ticker ORDER BY execution_date DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS later
        FROM used_splits
    )"""

# A split of the first bar's day lies before every price there is.
_USED_SPLITS: Final = """
    used_splits AS (
        SELECT s.ticker, s.execution_date, s.ratio
        FROM splits s JOIN spans n USING (ticker)
        WHERE s.execution_date > n.first_bar AND s.execution_date <= n.last_bar
    )"""

_SPLIT_BARS: Final = """
    split_bars AS (
        SELECT b.date, b.ticker, b.source, coalesce(s.later, 1.0) AS factor,
            b.open / factor AS open, b.high / factor AS high, b.low / factor AS low,
            b.close / factor AS close, b.volume * factor AS volume
        FROM bars b ASOF LEFT JOIN later_splits s
            ON b.ticker = s.ticker AND b.date < s.execution_date
    )"""

# Cash on the basis of the last bar; the bar before the ex-date is the one it is taken from, so
# that several dividends between two bars meet at the same bar.
_PAID: Final = """
    split_cash AS (
        SELECT d.ticker, d.ex_date, d.cash_amount, d.currency,
            d.cash_amount / coalesce(s.later, 1.0) AS cash
        FROM dividends d JOIN spans n USING (ticker) ASOF LEFT JOIN later_splits s
            ON d.ticker = s.ticker AND d.ex_date < s.execution_date
        WHERE d.ex_date > n.first_bar AND d.ex_date <= n.last_bar
            AND (d.currency IS NULL OR upper(d.currency) = upper($1))
    ),
    dated_cash AS (
        SELECT d.ticker, d.ex_date, d.cash_amount, d.cash, b.date AS before, b.close
        FROM split_cash d ASOF JOIN split_bars b
            ON d.ticker = b.ticker AND d.ex_date > b.date
    ),
    paid AS (
        SELECT ticker, before, 1.0 - sum(cash ORDER BY ex_date, cash) / any_value(close) AS factor
        FROM dated_cash GROUP BY ticker, before
    )"""

_BASE: Final = f"WITH {_SPANS}, {_USED_SPLITS}, {_LATER}, {_SPLIT_BARS}, {_PAID}"

ADJUST_BARS: Final = f"""
    {_BASE},
    later_paid AS (
        SELECT ticker, before, product(factor) OVER (
            PARTITION BY ticker ORDER BY before DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS later
        FROM paid WHERE factor > 0.0
    )
    SELECT b.date, b.ticker, b.open, b.high, b.low, b.close, b.volume,
        b.close * coalesce(p.later, 1.0) AS adj_close, b.source
    FROM split_bars b ASOF LEFT JOIN later_paid p
        ON b.ticker = p.ticker AND b.date <= p.before
    ORDER BY b.date, b.ticker"""

SPLIT_FATES: Final = f"""
    WITH {_SPANS}
    SELECT s.ticker, s.execution_date AS date, 'split' AS kind, s.ratio AS value,
        CASE WHEN n.ticker IS NULL THEN 'no_bars'
            WHEN s.execution_date <= n.first_bar THEN 'before_first_bar'
            ELSE 'after_last_bar' END AS reason
    FROM splits s LEFT JOIN spans n USING (ticker)
    WHERE n.ticker IS NULL OR s.execution_date <= n.first_bar OR s.execution_date > n.last_bar"""

DIVIDEND_FATES: Final = f"""
    {_BASE},
    fates AS (
        SELECT d.ticker, d.ex_date AS date, 'dividend' AS kind, d.cash_amount AS value,
            CASE WHEN n.ticker IS NULL THEN 'no_bars'
                WHEN d.ex_date <= n.first_bar THEN 'before_first_bar'
                WHEN d.ex_date > n.last_bar THEN 'after_last_bar'
                ELSE 'other_currency' END AS reason
        FROM dividends d LEFT JOIN spans n USING (ticker)
        WHERE n.ticker IS NULL OR d.ex_date <= n.first_bar OR d.ex_date > n.last_bar
            OR upper(d.currency) <> upper($1)
    )
    SELECT * FROM fates
    UNION ALL
    SELECT d.ticker, d.ex_date, 'dividend', d.cash_amount, 'not_below_price'
    FROM dated_cash d JOIN paid p USING (ticker, before) WHERE p.factor <= 0.0"""

_KNOWN_SPLITS: Final = """
    used_splits AS (SELECT * FROM splits WHERE execution_date <= $1)"""

UNSPLIT_BARS: Final = f"""
    WITH {_KNOWN_SPLITS}, {_LATER}
    SELECT b.date, b.ticker, b.open * coalesce(s.later, 1.0) AS open,
        b.high * coalesce(s.later, 1.0) AS high, b.low * coalesce(s.later, 1.0) AS low,
        b.close * coalesce(s.later, 1.0) AS close, b.volume / coalesce(s.later, 1.0) AS volume,
        b.source
    FROM bars b ASOF LEFT JOIN later_splits s
        ON b.ticker = s.ticker AND b.date < s.execution_date
    ORDER BY b.date, b.ticker"""

UNSPLIT_DIVIDENDS: Final = f"""
    WITH {_KNOWN_SPLITS}, {_LATER}
    SELECT d.ticker, d.ex_date, d.cash_amount * coalesce(s.later, 1.0) AS cash_amount, d.currency
    FROM dividends d ASOF LEFT JOIN later_splits s
        ON d.ticker = s.ticker AND d.ex_date < s.execution_date
    ORDER BY d.ex_date, d.ticker, cash_amount"""

_lock = threading.Lock()
_connection: duckdb.DuckDBPyConnection | None = None


def answers(tables: Mapping[str, pa.Table], *queries: Query) -> list[pa.Table]:
    """Return the answer of each query over `tables`, which it sees under their names.

    The cursor is this call's own: threads never see each other's tables, and nothing of the disk.
    """
    with _connected().cursor() as cursor:
        for name, table in tables.items():
            cursor.register(name, table)
        return [cursor.sql(sql, params=list(values)).to_arrow_table() for sql, values in queries]


def _connected() -> duckdb.DuckDBPyConnection:
    global _connection  # noqa: PLW0603 - one in-memory database for the process
    with _lock:
        if _connection is None:
            connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
            connection.execute("SET enable_external_access=false")
            connection.execute("SET lock_configuration=true")
            _connection = connection
        return _connection
