"""A report against one computed anew: line by line, and number by number inside its JSON."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from dashboard.handout.blocks import Line, plain, text_of
from dashboard.handout.errors import ReportDiffersError
from dashboard.handout.page import MADE, written

__all__ = ["compare_lines"]

_CLOSE: Final = 1e-9  # of a number's size: another processor rounds the last digits otherwise
_CLOSE_DRAWN: Final = 1e-6  # charts hold single precision
_SHOWN: Final = 120  # characters of a difference that are told


def compare_lines(text: str, lines: tuple[Line, ...]) -> None:
    """Raise ReportDiffersError for the first line of `text` that is not as in `lines`.

    Numbers in JSON may differ by rounding, and the day of making by anything that is a day.
    """
    at = 0
    for line in lines:
        expected = written(line)
        if line.kind != "made" and text.startswith(f"{expected}\n", at):
            at += len(expected) + 1
            continue
        end = text.find("\n", at)
        found = text[at:] if end < 0 else text[at:end]
        _same_line(line, expected, found)
        at += len(found) + 1
    if at < len(text):
        raise ReportDiffersError("the file", "the end", "nothing more", _short(text[at:]))


def _same_line(line: Line, expected: str, found: str) -> None:
    if line.kind == "made" and MADE.fullmatch(found):
        return
    if line.kind == "json":
        opening, _, rest = expected.partition(">")
        body = found.removeprefix(f"{opening}>").removesuffix("</script>")
        mine = json.loads(rest.removesuffix("</script>"))
        try:
            theirs = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ReportDiffersError(
                line.section, line.metric, "readable numbers", f"{_short(body)} ({error})"
            ) from error
        for where, one, other in _differences(mine, theirs, line.metric):
            raise ReportDiffersError(line.section, where, _short(one), _short(other))
        if f"{opening}>{plain(theirs)}</script>" == found:
            return  # equal but for rounding, and nothing is hidden in how it is written
        raise ReportDiffersError(line.section, line.metric, "its own way of writing", "another")
    if line.kind == "library":
        raise ReportDiffersError(
            line.section, line.metric, "that of the installed plotly", "another"
        )
    _differing_cell(line, expected, found)


def _differing_cell(line: Line, expected: str, found: str) -> None:
    mine, theirs = expected.split("</td>"), found.split("</td>")
    if len(mine) == len(theirs) > 1:
        for one, other in zip(mine, theirs, strict=True):
            if one != other and text_of(one) != text_of(other):
                raise ReportDiffersError(
                    line.section, line.metric, text_of(one) or "nothing", text_of(other)
                )
    one, other = text_of(expected), text_of(found)
    if one == other:  # what differs is how it is drawn
        one, other = _around(expected, found)
    elif max(len(one), len(other)) > _SHOWN:
        one, other = _around(one, other)
    raise ReportDiffersError(line.section, line.metric, _short(one), _short(other))


def _around(one: str, other: str) -> tuple[str, str]:
    first = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    begin = max(first - 20, 0)
    dots = "… " if begin else ""
    return dots + one[begin : begin + _SHOWN // 2], dots + other[begin : begin + _SHOWN // 2]


def _differences(one: Any, other: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield where two values of JSON differ by more than rounding, in order."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if "bdata" in one and "bdata" in other:
            yield from _arrays(one, other, where)
            return
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                yield f"{where}: {key}", one.get(key, "nothing"), other.get(key, "nothing")
            else:
                yield from _differences(one[key], other[key], f"{where}: {key}")
        if list(one) != list(other):
            yield where, "another order", "this order"
    elif isinstance(one, list) and isinstance(other, list):
        for number, (a, b) in enumerate(zip(one, other, strict=False), start=1):
            name = a.get("name") if isinstance(a, Mapping) else None
            yield from _differences(a, b, f"{where}, {name or f'number {number}'}")
        if len(one) != len(other):
            yield where, f"{len(one)} values", f"{len(other)} values"
    elif not _same(one, other, _CLOSE):
        yield where, one, other


def _arrays(
    one: Mapping[str, Any], other: Mapping[str, Any], where: str
) -> Iterator[tuple[str, Any, Any]]:
    # How plotly writes an array: its bytes.
    form = [(item.get("dtype"), item.get("shape")) for item in (one, other)]
    if form[0] != form[1] or set(one) != set(other):
        yield where, str(form[0]), str(form[1])
        return
    try:
        mine, theirs = (
            np.frombuffer(base64.b64decode(item["bdata"], validate=True), item["dtype"])
            for item in (one, other)
        )
    except (ValueError, TypeError, binascii.Error):
        yield where, "readable numbers", "bytes that are none"
        return
    if len(mine) != len(theirs):
        yield where, f"{len(mine)} points", f"{len(theirs)} points"
        return
    for number, (a, b) in enumerate(zip(mine.tolist(), theirs.tolist(), strict=True), start=1):
        if not _same(a, b, _CLOSE_DRAWN):
            yield f"{where}, point {number}", a, b


def _same(one: Any, other: Any, close: float) -> bool:
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (one, other)]
    if not all(numbers):
        return type(one) is type(other) and bool(one == other)
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    try:
        return math.isclose(one, other, rel_tol=close, abs_tol=close)
    except OverflowError:  # a whole number beyond every float, against a float
        return False


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
