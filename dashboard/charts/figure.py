"""From a dict to a figure of Plotly, without asking of every property whether there is such a one.

That question is most of what making a figure takes, and its answer is the same every time: the
tests ask it of every figure (``tests/conftest.py``), the pages do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

__all__ = ["CHECKED", "Markup", "made", "plain"]

#: "properties": whether :func:`made` refuses what Plotly does not know.
CHECKED: Final = {"properties": False}


_TEMPLATES: Final = ("hovertemplate", "texttemplate")  # ours, with places that names are put into
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")


class Markup(str):
    """A text with tags that Plotly is to read; names in it went through :func:`plain`."""

    __slots__ = ()


def plain(text: str) -> str:
    """Return `text` so that Plotly draws it as it is, tags and entities included.

    Examples
    --------
    >>> plain("S&P <b>"), plain("&lt;")
    ('S&P &lt;b>', '&amp;lt;')
    """
    if "&" in text:
        text = _ENTITY.sub("&amp;", text)
    return text.replace("<", "&lt;")


def made(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> go.Figure:
    """Return the figure of `traces` and `layout`; nothing of them is changed.

    Every text is drawn as it is, except templates and what is :class:`Markup`.
    """
    spec = {"data": _drawn_plain(list(traces)), "layout": _drawn_plain(layout)}
    # `_validate` is Plotly's own name for this, in use since its version 4; there is no other.
    return go.Figure(spec) if CHECKED["properties"] else go.Figure(spec, _validate=False)


def _drawn_plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Markup) else plain(value)
    if isinstance(value, Mapping):
        return {k: v if k in _TEMPLATES else _drawn_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_drawn_plain(one) for one in value]
    return value
