"""Which names did not come of the provider that was preferred, and why: in words."""

from __future__ import annotations

from typing import Final

from dashboard.format import count
from data.acquire_types import AcquireReport
from data.providers.hybrid_record import REASONS

__all__ = ["passed_over_lines"]

_NAMES: Final = {"polygon": "Polygon", "yahoo": "Yahoo"}
_SHOWN: Final = 8


def passed_over_lines(report: AcquireReport) -> tuple[str, ...]:
    """Return a line for each reason for which a provider was passed over; () where none was."""
    lines = []
    for (instead_of, reason, provider), found in report.passed_over().items():
        tickers = [one.ticker for one in found]
        more = f" and {count(len(tickers) - _SHOWN)} more" if len(tickers) > _SHOWN else ""
        names = "1 name was" if len(tickers) == 1 else f"{count(len(tickers))} names were"
        lines.append(
            f"{names} asked of {_NAMES.get(provider, provider)} instead of "
            f"{_NAMES.get(instead_of, instead_of)}, {REASONS.get(reason, reason)}: "
            f"{', '.join(tickers[:_SHOWN])}{more}. {found[0].detail}"
        )
    return tuple(lines)
