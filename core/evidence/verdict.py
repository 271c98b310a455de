"""What a bootstrap says about a metric or about a difference of two runs, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Interval", "PairedDifference", "Verdict", "judge"]

_MINUS: Final = "\u2212"
_NARROW: Final = "\u202f"  # a narrow space at which no line breaks
_WORDS: Final = {
    "total_return": "total return",
    "cagr": "CAGR",
    "cagr_sessions": "CAGR by sessions",
    "volatility": "volatility",
    "sharpe_ratio": "Sharpe ratio",
    "sortino_ratio": "Sortino ratio",
    "max_drawdown": "max drawdown",
    "calmar_ratio": "Calmar ratio",
}
_RATIOS: Final = frozenset({"sharpe_ratio", "sortino_ratio", "calmar_ratio"})
_LOWER_IS_BETTER: Final = frozenset({"volatility"})  # a drawdown is ≤ 0: higher is smaller


class Verdict(StrEnum):
    """What may be said of A against B.

    ``UNDEFINED`` where the metric itself is not defined, for one of them or for too many resamples.
    """

    BETTER = "better"
    WORSE = "worse"
    NOISE = "within noise"
    SAME = "no difference"
    UNDEFINED = "not defined"


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric of one curve and where its resamples lie; None where not defined, never NaN.

    Attributes
    ----------
    metric : str
        Field of :class:`~core.metrics.CurveMetrics`, whose unit and sign hold.
    estimate : float or None
        Of the curve itself.
    low, high : float or None
        Percentile interval: the share `level` of the resamples lies between them.
    level : float
    block_length : float
        Expected sessions of a block.
    resamples, undefined : int
        Resamples drawn, and those among them on which the metric is not defined.
    seed : int
    """

    metric: str
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    block_length: float
    resamples: int
    undefined: int
    seed: int

    @property
    def sentence(self) -> str:
        """The interval in words, for people."""
        name = _WORDS[self.metric]
        if self.estimate is None or self.low is None or self.high is None:
            return f"{_capital(name)}: {_why_undefined(self)}."
        span = _span(self.metric, self.low, self.high, points=False)
        return (
            f"{_capital(name)} {_value(self.metric, self.estimate)}; {_share(self.level)} of "
            f"{self.resamples:,} resampled histories lie between {span}."
        )


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """A metric of A minus the same metric of B, and whether the difference is more than noise.

    Attributes
    ----------
    metric : str
        Field of :class:`~core.metrics.CurveMetrics`, whose unit and sign hold.
    labels : (str, str)
        What A and B are called.
    value_a, value_b, estimate : float or None
        The metric of each and A − B; None where not defined.
    low, high : float or None
        Percentile interval of the resampled differences.
    level : float
    p_value : float or None
        Two-sided: twice the smaller of the shares of resampled differences ≤ 0 and ≥ 0, each count
        and the total raised by one, at most 1. It belongs to the same percentiles as the interval.
    block_length : float
        Expected sessions of a block.
    resamples, undefined : int
        Resamples drawn, and those among them on which the difference is not defined.
    seed : int
    verdict : Verdict
        Of A: "better" also for a lower volatility.
    """

    metric: str
    labels: tuple[str, str]
    value_a: float | None
    value_b: float | None
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    p_value: float | None
    block_length: float
    resamples: int
    undefined: int
    seed: int
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The comparison and its verdict in words, for people."""
        name, (a, b) = _WORDS[self.metric], self.labels
        if self.verdict is Verdict.SAME:
            return f"{_capital(name)}: {a} and {b} return the same on every session: no difference."
        if self.estimate is None or self.low is None or self.high is None:
            return f"{_capital(name)}: {_why_undefined(self)}, so there is no verdict."
        assert self.value_a is not None  # their difference is defined
        assert self.value_b is not None
        span = _span(self.metric, self.low, self.high, points=True)
        start = (
            f"{_capital(name)}: {a} {_value(self.metric, self.value_a)}, "
            f"{b} {_value(self.metric, self.value_b)}, "
            f"difference {_difference(self.metric, self.estimate)}, with {_share(self.level)} of "
            f"resampled histories between {span}: "
        )
        if self.verdict is Verdict.NOISE:
            return f"{start}within noise."
        return f"{start}{a} is {self.verdict.value} than {b} beyond noise."


def judge(metric: str, estimate: float, low: float, high: float) -> Verdict:
    """Say what a difference and its interval allow.

    Better or worse only where the interval excludes 0 and the difference itself lies on the same
    side: the resamples of a path-dependent metric need not be centred on what happened.

    Examples
    --------
    >>> judge("sharpe_ratio", 0.3, 0.1, 0.6), judge("volatility", 0.03, 0.01, 0.06)
    (<Verdict.BETTER: 'better'>, <Verdict.WORSE: 'worse'>)
    >>> judge("sharpe_ratio", 0.3, -0.1, 0.6)
    <Verdict.NOISE: 'within noise'>
    """
    above = low > 0.0 and estimate > 0.0
    below = high < 0.0 and estimate < 0.0
    if not (above or below):
        return Verdict.NOISE
    return Verdict.BETTER if above != (metric in _LOWER_IS_BETTER) else Verdict.WORSE


def _why_undefined(found: Interval | PairedDifference) -> str:
    if found.estimate is None:
        return f"not defined on this curve (see the definition of {found.metric})"
    return f"not defined on {found.undefined:,} of {found.resamples:,} resampled histories"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _share(level: float) -> str:
    return f"{level * 100.0:g}{_NARROW}%"


def _value(metric: str, value: float) -> str:
    if metric in _RATIOS:
        return _minus(f"{value:.2f}")
    return _minus(f"{value * 100.0:.1f}") + f"{_NARROW}%"


def _difference(metric: str, value: float) -> str:
    if metric in _RATIOS:
        return _minus(f"{value:+.2f}")
    return _minus(f"{value * 100.0:+.1f}") + f"{_NARROW}pt"


def _span(metric: str, low: float, high: float, *, points: bool) -> str:
    write = _difference if points else _value
    return f"{write(metric, low)} and {write(metric, high)}"


def _minus(text: str) -> str:
    # Rounded to nothing is no loss: −0.0 is written 0.0.
    return text.replace("-", _MINUS) if float(text) != 0.0 else text.lstrip("+-")
