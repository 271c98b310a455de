"""An explained day as one JSON document: complete, without NaN."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

import numpy as np

from core.explain import Alternative
from core.explain_absence import Standing
from core.explain_decision import Decision, StopTest
from core.explain_filled import Fill
from core.explain_selection import Placing
from core.explain_state import StopSale
from core.ledger import ExitReason
from core.scenario import scenario_hash
from dashboard.explanation import ExplainedDay
from dashboard.report.explanation import alternative_words, day_words, decision_words
from dashboard.report.explanation_fill import fill_words, note_of
from dashboard.report.explanation_standing import standing_words

__all__ = ["SCHEMA", "explanation_document"]

SCHEMA: Final = 1


def explanation_document(found: ExplainedDay) -> dict[str, Any]:
    """Return everything that is known of an explained day.

    Fractions are fractions, money is dollars, dates are ISO text, what is undefined is None.
    """
    day, run = found.day, found.run
    document = {
        "schema": SCHEMA,
        "scenario": {"name": run.scenario.name, "hash": scenario_hash(run.scenario)},
        "source": run.market.source,
        "simulated": run.market.simulated,
        "asked": found.asked,
        "date": found.session_date,
        "nav": day.nav,
        "net_return": day.net_return,
        "drawdown": day.drawdown,
        "invested": day.invested,
        "regime": found.regime,
        "decision": _decision(found, day.decision),
        "alternatives": [_alternative(found, each) for each in day.alternatives],
        "fill": None if day.fill is None else _fill(found, day.fill),
        "stop_sales": [_sale(found, sale) for sale in day.sales],
        "fill_alternatives": [_alternative(found, each) for each in day.fill_alternatives],
        "events": [
            {
                "event": event.kind.label,
                "ticker": _ticker(found, event.security),
                "value": event.value,
                "threshold": event.threshold,
            }
            for event in day.events
        ],
        "name": None if found.name is None else _standing(found, found.name),
        "words": {
            "day": list(day_words(found)),
            "fill": list(fill_words(found)),
            "fill_alternatives": [alternative_words(found, each) for each in day.fill_alternatives],
            "decision": list(decision_words(found)),
            "alternatives": [alternative_words(found, each) for each in day.alternatives],
            "name": list(standing_words(found)),
        },
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def _ticker(found: ExplainedDay, security: int) -> str | None:
    return found.run.tickers[security] if security >= 0 else None


def _date(found: ExplainedDay, session: int) -> dt.date | None:
    return found.date(session) if 0 <= session < len(found.run.dates) else None


def _decision(found: ExplainedDay, decision: Decision) -> dict[str, Any]:
    return {
        "date": found.date(decision.session),
        "fills_at": _date(found, decision.fills_at),
        "order": decision.order,
        "exposure": asdict(decision.exposure),
        "breaker": {
            "tripped": decision.tripped,
            "out": decision.out,
            "reentered": decision.reentered,
            "out_since": _date(found, decision.out_since),
            "reentry_after": _date(found, decision.reentry_after),
        },
        "rescale": {
            "change": decision.rescale_change, "threshold": decision.rescale_threshold,
        },
        "stops": [_stop(found, test) for test in decision.stops],
    }  # fmt: skip


def _stop(found: ExplainedDay, test: StopTest) -> dict[str, Any]:
    return {
        "ticker": found.run.tickers[test.security],
        "close": test.close,
        "average_entry": test.average,
        "highest_close": test.highest,
        "from_entry": test.from_entry,
        "from_high": test.from_high,
        "stop_level": test.stop_level,
        "trailing_level": test.trailing_level,
        "hit": None if test.hit == ExitReason.OPEN else test.hit.label,
    }


def _sale(found: ExplainedDay, sale: StopSale) -> dict[str, Any]:
    book = found.book_before(found.day.session)
    placed = found.placing_of(sale.security, book) if book >= 0 else None
    told = {k: v for k, v in asdict(sale).items() if k not in ("security", "reason")}
    return told | {
        "ticker": _ticker(found, sale.security),
        "reason": sale.reason.label,
        "placing": None if placed is None else _placing(found, placed),
    }


def _alternative(found: ExplainedDay, other: Alternative) -> dict[str, Any]:
    fill = other.fill
    return {
        "without": other.off,
        "wanted": other.decision.exposure.wanted,
        "wanted_change": other.wanted_change,
        "order": other.decision.order,
        "turnover": other.turnover,
        "cost": None if fill is None else fill.cost,
        "cost_change": other.cost_change,
        "moved": other.moved,
        "invested_after": None if fill is None else float(fill.weights.sum()),
        "nav_change": other.nav_change,
        "nav_change_at": _date(found, other.next_session),
    }


def _fill(found: ExplainedDay, fill: Fill) -> dict[str, Any]:
    return {
        "decided": found.date(fill.decided),
        "order": fill.order,
        "steps": asdict(fill.steps),
        "nav_before": fill.nav_before,
        "nav_after": fill.nav_after,
        "cost": fill.cost,
        "turnover": fill.turnover,
        "applied_after": fill.applied_after,
        "names": [_name(found, fill, row) for row in range(len(fill.security))],
    }


def _name(found: ExplainedDay, fill: Fill, row: int) -> dict[str, Any]:
    i, traded = int(fill.security[row]), float(fill.traded[row])
    book = found.book_of(fill)
    return {
        "ticker": found.run.tickers[i],
        "sector": found.run.sectors[i],
        "price": fill.price[row],
        "target": fill.target[row],
        "alpha": fill.alpha[row],
        "before": fill.current[row],
        "risk": fill.risk[row],
        "gate": fill.wanted[row],
        "cap": fill.capped[row],
        "after": fill.final[row],
        "traded": traded,
        "cost": fill.cost_of[row],
        "cost_bps_of_nav": 1e4 * fill.cost_of[row] / fill.nav_before,
        "note": note_of(fill, row),
        "placing": _placing(found, found.placing_of(i, book)) if book >= 0 else None,
    }


def _placing(found: ExplainedDay, placed: Placing) -> dict[str, Any]:
    return asdict(placed) | {
        "date": found.rebalance_date(placed.rebalance),
        "scores": {
            factor: {"score": score, "rank": rank or None, "of": of}
            for factor, score, rank, of in placed.scores
        },
    }


def _standing(found: ExplainedDay, name: Standing) -> dict[str, Any]:
    return {
        "ticker": found.run.market.tickers[name.name],
        "why": name.why,
        "weight": name.weight,
        "since": _date(found, name.since),
        "reason": None if name.reason == ExitReason.OPEN else name.reason.label,
        "placing": None if name.placing is None else _placing(found, name.placing),
        "pending": None if name.pending is None else _placing(found, name.pending),
        "stop": None if name.stop is None else _stop(found, name.stop),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
