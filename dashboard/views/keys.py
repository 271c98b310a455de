"""Keys that press a button of the page: Streamlit's own shortcuts know letters and digits only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import streamlit as st

__all__ = ["keys"]

# A key typed into a field is not for us, nor one with a modifier, nor one for an open dialog.
_SCRIPT: Final = """
export default function ({ data, parentElement }) {
  const pressed = event => {
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLElement
      && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    const elsewhere = document.querySelector('dialog[open]');
    if (typing || elsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = JSON.parse(data)[event.key];
    const button = key && document.querySelector(`.st-key-${key} button`);
    if (button && !button.disabled) { event.preventDefault(); button.click(); }
  };
  document.addEventListener('keydown', pressed);
  return () => document.removeEventListener('keydown', pressed);
}
"""


def keys(buttons: Mapping[str, str], *, key: str) -> None:
    """Let keys press buttons.

    Parameters
    ----------
    buttons : mapping of key to button
        As ``KeyboardEvent.key`` names it, to the ``key`` of a ``st.button``.
    key : str
        Of this element.
    """
    component = st.components.v2.component("plimsoll_keys", html="<i hidden></i>", js=_SCRIPT)
    component(key=key, data=json.dumps(dict(buttons)), height=1)
