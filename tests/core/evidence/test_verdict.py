"""Verdicts and their words."""

from __future__ import annotations

import pytest

from core.evidence.verdict import Interval, PairedDifference, Verdict, judge


def difference(metric: str, a: float, b: float, low: float, high: float) -> PairedDifference:
    verdict = judge(metric, a - b, low, high)
    return PairedDifference(
        metric, ("Phase 8", "No overlay"), a, b, a - b,
        low, high, 0.95, 0.2, 5.0, 2000, 0, 1, verdict,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "estimate", "low", "high", "expected"),
    [
        ("sharpe_ratio", 0.3, 0.1, 0.5, Verdict.BETTER),
        ("sharpe_ratio", -0.3, -0.5, -0.1, Verdict.WORSE),
        ("sharpe_ratio", 0.3, 0.0, 0.5, Verdict.NOISE),
        ("sharpe_ratio", 0.3, -0.1, 0.5, Verdict.NOISE),
        ("max_drawdown", 0.05, 0.01, 0.09, Verdict.BETTER),
        ("max_drawdown", -0.01, 0.01, 0.09, Verdict.NOISE),  # what happened says the opposite
        ("volatility", -0.05, -0.09, -0.01, Verdict.BETTER),
        ("volatility", 0.05, 0.01, 0.09, Verdict.WORSE),
    ],
)
def test_better_needs_the_interval_and_what_happened(
    metric: str, estimate: float, low: float, high: float, expected: Verdict
) -> None:
    assert judge(metric, estimate, low, high) is expected


def test_sentences_say_percent_points_and_ratios() -> None:
    text = difference("cagr", 0.0402, 0.0945, -0.12, 0.025).sentence
    assert text == (
        "CAGR: Phase 8 4.0\u202f%, No overlay 9.4\u202f%, difference \u22125.4\u202fpt, with "
        "95\u202f% of resampled histories between \u221212.0\u202fpt and +2.5\u202fpt: "
        "within noise."
    )
    text = difference("sharpe_ratio", 0.12, 0.43, -0.57, -0.06).sentence
    assert text == (
        "Sharpe ratio: Phase 8 0.12, No overlay 0.43, difference \u22120.31, with 95\u202f% of "
        "resampled histories between \u22120.57 and \u22120.06: Phase 8 is worse than No overlay "
        "beyond noise."
    )
    assert "difference 0.00, with" in difference("sharpe_ratio", 0.1, 0.1001, -0.1, 0.1).sentence


def test_an_interval_in_words() -> None:
    text = Interval("max_drawdown", -0.126, -0.343, -0.088, 0.9, 1.0, 2000, 0, 1).sentence
    assert text == (
        "Max drawdown \u221212.6\u202f%; 90\u202f% of 2,000 resampled histories lie between "
        "\u221234.3\u202f% and \u22128.8\u202f%."
    )
