"""A Plotly figure on a page: drawn once by the browser, changed in place, kept for the way back.

Streamlit's own chart builds every figure anew, twice, whenever one of its numbers changes. This
component gives Plotly the same JSON, and makes that once for each content and view.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly
import plotly.graph_objects as go
import plotly.io
import streamlit as st

from dashboard.memo import Memo
from dashboard.views.served import served_component, served_folder

__all__ = ["Point", "draw", "forget", "point_of"]

_FOLDER: Final = Path(__file__).resolve().with_name("figure_assets")
_HTML: Final = '<div class="pl-figure">\n</div>'
# Streamlit's browser side mounts a module that is given as text at once, see dashboard/lab.
_MODULE: Final = """
const files = new URL("_stcore/bidi-components/", document.baseURI);
const plotly = new URL("PLOTLY/plotly.min.js", files).href;
const {{ default: mount }} = await import(new URL("{name}/figure.js", files).href);
export default (component) => mount(component, plotly);
"""
_KEPT: Final = 96  # figures as text, of all sessions together: about 100 kB each


@dataclass(frozen=True, slots=True)
class Point:
    """What was clicked: where on the x axis, and the first of the point's ``customdata``."""

    x: str
    mark: str

    def date(self) -> pd.Timestamp | None:
        """Return where on a time axis, None where `x` is no date."""
        when = pd.to_datetime(self.x, errors="coerce")
        return None if pd.isna(when) else when


@dataclass(frozen=True, slots=True)
class _Drawn:
    spec: str
    height: int


_DRAWN: Final[Memo[Hashable, _Drawn]] = Memo(_KEPT)


def draw(
    figure: go.Figure | Callable[[], go.Figure],
    *,
    key: str,
    alt: str,
    content: Hashable = None,
    on_click: Callable[[Point], None] | None = None,
) -> None:
    """Draw a figure that says its own height.

    Parameters
    ----------
    figure : go.Figure or callable
        A callable is asked only where no figure of `content` is known.
    key : str
        Of the element: a figure of the same key is changed in place.
    alt : str
        What it shows in words.
    content : hashable, optional
        Everything the figure follows from besides `key` and the function that makes it. With None
        it is made every time.
    on_click : callable, optional
        Called with the point that was clicked.
    """

    def made() -> _Drawn:
        shown = figure if isinstance(figure, go.Figure) else figure()
        return _Drawn(plotly.io.to_json(shown, validate=False), int(shown.layout.height))

    # Two pages may give a figure the same key: whose it is belongs to what it is.
    whose = (getattr(figure, "__module__", ""), getattr(figure, "__qualname__", ""), key)
    drawn = made() if content is None else _DRAWN.get((whose, content), made)
    words, clicks = json.dumps(alt), json.dumps(on_click is not None)
    data = f'{{"alt": {words}, "clicks": {clicks}, "figure": {drawn.spec}}}'.encode()
    callbacks: dict[str, Any] = {}
    if on_click is not None:
        take = on_click  # or its type is forgotten in there

        def clicked() -> None:
            if (point := point_of(st.session_state.get(key))) is not None:
                take(point)

        callbacks["on_point_change"] = clicked
    _component()(key=key, data=data, height=drawn.height, **callbacks)


def point_of(element: Any) -> Point | None:
    """Return what the browser says was clicked, None where it says nothing that can be read."""
    sent = None if element is None else element.get("point")
    if not isinstance(sent, Mapping):
        return None
    x, mark = sent.get("x"), sent.get("mark")
    return Point(x, mark) if isinstance(x, str) and isinstance(mark, str) else None


def forget() -> None:
    """Drop the figures that are kept."""
    _DRAWN.clear()


def _component() -> Any:
    return served_component(_FOLDER, html=_HTML, css="figure.css", js=_module())


def _module() -> str:
    files = Path(plotly.__file__).resolve().parent / "package_data"
    name = served_folder(files, f"plotly_{version('plotly').replace('.', '_')}")
    return _MODULE.replace("PLOTLY", name)
