"""What must not leave this machine: values of secret settings, and where its files are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Final

from dashboard.handout.blocks import Line, plain
from dashboard.handout.errors import LeakError

__all__ = ["check_leaks"]

_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_LEAST_SECRET: Final = 8  # shorter values are words that stand anywhere
_LONGEST_WORD: Final = 20  # letters of one case: a word such as "required", no key
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")  # until when a key is valid stands in any report
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
    private = {form: what for value, what in _private(home, environ) for form in _written(value)}
    for line in lines:
        if line.kind == "library":
            continue
        text = line.html
        what = next((name for form, name in private.items() if form in text), "")
        if not what and _FORMS.search(text):
            what = "what looks like an access key"
        if what:
            raise LeakError(
                f"a report must carry nothing private, but section “{line.section}”, "
                f"{line.metric}, has {what}. Nothing was written. Rename what it comes from "
                "(a market, a book, a saved setting or a note of an import) and try again"
            )


def _written(value: str) -> set[str]:
    # As it stands in HTML, in JSON, and in the HTML that a figure carries inside its JSON.
    texts = {value, escape(value), escape(value, quote=False)}
    return texts | {plain(text)[1:-1] for text in texts} | {json.dumps(value)[1:-1]}


def _can_be_secret(value: str) -> bool:
    if len(value) < _LEAST_SECRET or _DAY.fullmatch(value):
        return False
    one_case = value in (value.lower(), value.upper(), value.capitalize())
    return not (value.isalpha() and one_case and len(value) < _LONGEST_WORD)


def _private(home: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and _can_be_secret(value.strip()):
            yield value.strip(), f"the value of the environment variable {name}"
    folders = (
        (home, "the folder of the store"),
        (Path(__file__).resolve().parents[2], "the folder of the program"),
        (Path.home(), "the home folder of this user"),
    )
    for folder, what in folders:
        if len(str(folder)) >= _LEAST_FOLDER:
            yield str(folder), what
