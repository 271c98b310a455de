"""The figures that a page under AppTest draws."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

__all__ = ["figures"]


def figures(app: AppTest) -> list[dict[str, Any]]:
    """Return what each figure on the page is made of: ``alt``, ``clicks`` and ``figure``."""
    protos = [element.proto for element in app.main.get("bidi_component")]
    return [
        json.loads(proto.bytes) for proto in protos if ".figure_assets_" in proto.component_name
    ]
