"""From a dict to a figure of Plotly, without asking of every property whether there is such a one.

That question is most of what making a figure takes, and its answer is the same every time: the
tests ask it of every figure (``tests/conftest.py``), the pages do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

__all__ = ["CHECKED", "made"]

#: "properties": whether :func:`made` refuses what Plotly does not know.
CHECKED: Final = {"properties": False}


def made(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> go.Figure:
    """Return the figure of `traces` and `layout`; nothing of them is changed."""
    spec = {"data": list(traces), "layout": dict(layout)}
    # `_validate` is Plotly's own name for this, in use since its version 4; there is no other.
    return go.Figure(spec) if CHECKED["properties"] else go.Figure(spec, _validate=False)
