"""What must not leave this machine: values of secret settings, and where its files are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dashboard.handout.blocks import Line
from dashboard.handout.errors import LeakError

__all__ = ["check_leaks"]

_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_LEAST_SECRET: Final = 6  # shorter values are words that stand anywhere
_LEAST_FOLDER: Final = 4
#: Forms of keys that vendors hand out, whatever they are called.
_FORMS: Final = re.compile(
    r"AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def check_leaks(lines: Iterable[Line], home: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raise LeakError where a line carries something private; the message never repeats it.

    Parameters
    ----------
    lines : iterable of Line
        The charts' program is not looked at.
    home : Path
        PLIMSOLL_HOME.
    environ : mapping
        Values of variables that are called like a secret are looked for.
    """
    private = dict(_private(home, environ))
    for line in lines:
        if line.kind == "library":
            continue
        # In the record a backslash is written twice.
        text = line.html.replace("\\\\", "\\")
        what = next((name for value, name in private.items() if value in text), "")
        if not what and _FORMS.search(text):
            what = "what looks like an access key"
        if what:
            raise LeakError(
                f"a report must carry nothing private, but section “{line.section}”, "
                f"{line.metric}, has {what}. Nothing was written. Rename what it comes from "
                "(a market, a book, a saved setting or a note of an import) and try again"
            )


def _private(home: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value.strip()) >= _LEAST_SECRET:
            yield value.strip(), f"the value of the environment variable {name}"
    folders = (
        (home, "the folder of the store"),
        (Path(__file__).resolve().parents[2], "the folder of the program"),
        (Path.home(), "the home folder of this user"),
    )
    for folder, what in folders:
        if len(str(folder)) >= _LEAST_FOLDER:
            yield str(folder), what
