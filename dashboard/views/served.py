"""Components whose files Streamlit serves: they travel once to a browser, not with every run.

Streamlit finds the asset folder of an installed package by importing a module that is called like
the distribution; ours are called core, data and dashboard, and an editable install lists no files.
So a folder is registered here, under a name that changes with its content: a browser never mixes
files of two versions.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

__all__ = ["served_component", "served_folder"]


def served_component(folder: Path, *, html: str, css: str, js: str) -> Any:
    """Return a component whose style is a file of `folder`, and its script one or a text.

    Parameters
    ----------
    folder : Path
        Everything in it can be read by the browser.
    html : str
        Inline; it never changes.
    css : str
        File name.
    js : str
        File name, or, on more than one line, a module as text in which ``{name}`` stands for the
        name below which the folder is served.
    """
    return _made(get_bidi_component_manager(), folder, html, css, js)


def served_folder(folder: Path, name: str) -> str:
    """Return the name below which all of `folder` is served; `name` must change with its content.

    For files that a component's script asks for and that are not ours.
    """
    manager, full = get_bidi_component_manager(), f"plimsoll.{name}"
    if manager.get_component_asset_root(full) is None:
        config = ComponentConfig(name, folder.name)
        manager.register_from_manifest(ComponentManifest("plimsoll", name, [config]), folder.parent)
    return full


@functools.lru_cache(maxsize=16)  # a page draws it with every run; making it asks the disk
def _made(manager: BidiComponentManager, folder: Path, html: str, css: str, js: str) -> Any:
    mark = _fingerprint(folder)
    short = f"{folder.name}_{mark}"
    name = f"plimsoll.{short}"
    if manager.get_component_asset_root(name) is None:
        config = ComponentConfig(short, folder.name)
        manager.register_from_manifest(ComponentManifest("plimsoll", mark, [config]), folder.parent)
    script = js.format(name=name) if "\n" in js else js
    return st.components.v2.component(name, html=html, css=css, js=script, isolate_styles=False)


@functools.cache
def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:10]
