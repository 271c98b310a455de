"""JSON that is whole and means what it says, or an error; never an empty list in its place."""

from __future__ import annotations

import json
from typing import Any, Never

from data.net.errors import BadAnswerError
from data.net.secrets import Secret, excerpt

__all__ = ["parse_answer", "rows_of"]

_WAY_OUT = "Try again later; if it stays, look at the source's status page."


class _NotANumberError(Exception):
    pass


def _refuse_constant(name: str) -> Never:
    raise _NotANumberError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_answer(body: bytes, provider: str, thing: str, *secrets: Secret) -> Any:
    """Return what `body` says.

    Parameters
    ----------
    body : bytes
        A whole answer, UTF-8.
    provider, thing : str
        For messages.
    secrets : Secret
        Never shown in a message, also where the source echoes them.

    Raises
    ------
    BadAnswerError
        Not UTF-8, cut, not JSON, NaN or Infinity in it, or ``"status": "ERROR"``.
    """
    found = None
    try:
        answer = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        found = "was not UTF-8"
    except _NotANumberError as error:
        found = f"had {error.args[0]} in it"
    except RecursionError:
        found = "was nested without end"
    except ValueError:  # cut, or not JSON at all
        found = f"was {excerpt(body, *secrets)}" if body.strip() else "was empty"
    if found is not None:
        raise BadAnswerError(provider, thing, "come as whole JSON", found, _WAY_OUT)
    if isinstance(answer, dict) and answer.get("status") == "ERROR":
        said = str(answer.get("error") or answer.get("message") or "no reason given")
        found = f"came with status ERROR: {excerpt(said, *secrets)}"
        raise BadAnswerError(provider, thing, "come without an error", found, _WAY_OUT)
    return answer


def rows_of(answer: Any, key: str, provider: str, thing: str) -> list[dict[str, Any]]:
    """Return the rows below `key` of an answer; null or absent means none, when the count agrees.

    Raises
    ------
    BadAnswerError
        The answer is no object, the rows are no list of objects, or ``resultsCount`` (where given)
        is not their number: a partial answer is never taken for a whole one.
    """
    if not isinstance(answer, dict):
        found = f"was a {type(answer).__name__}"
        raise BadAnswerError(provider, thing, "be a JSON object", found, _WAY_OUT)
    rows = answer.get(key)
    rows = [] if rows is None else rows
    if not isinstance(rows, list) or not all(type(row) is dict for row in rows):
        found = f"{key} was something else"
        raise BadAnswerError(provider, thing, f"have a list of objects as {key}", found, _WAY_OUT)
    count = answer.get("resultsCount")
    if count is not None and count != len(rows):
        found = f"resultsCount was {count!r} with {len(rows)} rows"
        raise BadAnswerError(provider, thing, "have as many rows as it says", found, _WAY_OUT)
    return rows
