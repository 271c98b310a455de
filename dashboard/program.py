"""The name under which this program was started, for commands that it prints to be typed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

__all__ = ["NAME", "program"]

NAME: Final = "plimsoll"


def program(invoked: str | None = None) -> str:
    """Return what starts this program from here: its name where the shell finds it, or its path.

    Parameters
    ----------
    invoked : str, optional
        How it was started, ``sys.argv[0]`` when not given. What is no file called plimsoll (a
        module, a test) is answered with the bare name.
    """
    file = Path(sys.argv[0] if invoked is None else invoked)
    if file.stem != NAME or not file.is_file():
        return NAME
    found = shutil.which(NAME)
    if found is not None and os.path.samefile(found, file):
        return NAME
    full = Path(os.path.abspath(file))  # not resolved: a link is what was typed
    here = Path.cwd()
    path = full.relative_to(here) if full.is_relative_to(here) else full
    text = str(path) if len(path.parts) > 1 else str(Path(os.curdir)) + os.sep + str(path)
    return f'"{text}"' if " " in text else text
