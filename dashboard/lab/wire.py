"""From numbers to one block of bytes that a browser reads without parsing them."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["MAGIC", "Column", "packed", "quantised", "unpacked"]

MAGIC: Final = b"PLM1"
_ALIGN: Final = 8
_TYPES: Final = {"uint8": "|u1", "int16": "<i2", "uint16": "<u2", "float32": "<f4"}
# The code that stands for "no value" in each type.
_MISSING: Final = {"uint8": 255, "int16": -32768}
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_LEVELS: Final = {"uint8": (0, 254), "int16": (-32767, 32767)}


@dataclass(frozen=True, slots=True)
class Column:
    """Values as stored: a value is ``base + scale · code``; the missing code means none."""

    codes: npt.NDArray[Any]
    scale: float = 1.0
    base: float = 0.0
    missing: int | None = None


def quantised(values: npt.NDArray[np.float64], kind: str = "int16") -> Column:
    """Return `values` on the 65 535 (int16) or 255 (uint8) levels between their extremes.

    What is not finite becomes the missing code.
    """
    least, most = (values.min(), values.max()) if values.size else (0.0, 0.0)
    if math.isfinite(least) and math.isfinite(most):  # as nearly always: no value is missing
        return _levelled(values, None, float(least), float(most), kind)
    good = np.isfinite(values)
    least, most = (values[good].min(), values[good].max()) if good.any() else (0.0, 0.0)
    return _levelled(values, good, float(least), float(most), kind)


def _levelled(
    values: npt.NDArray[np.float64],
    good: npt.NDArray[np.bool_] | None,
    least: float,
    most: float,
    kind: str,
) -> Column:
    low, high = _LEVELS[kind]
    scale = (most - least) / (high - low) or 1.0
    base = least - low * scale
    if good is None:
        codes = np.clip(np.rint((values - base) / scale), low, high).astype(_TYPES[kind])
    else:
        codes = np.full(values.shape, _MISSING[kind], dtype=_TYPES[kind])
        codes[good] = np.clip(np.rint((values[good] - base) / scale), low, high)
    return Column(codes, scale, base, _MISSING[kind])


def packed(header: Mapping[str, Any], columns: Mapping[str, Column]) -> bytes:
    """Return magic, length of the header, header as JSON, and the columns, all 8-byte aligned."""
    parts: list[bytes] = []
    described: list[list[Any]] = []
    offset = 0
    for name, column in columns.items():
        kind = column.codes.dtype.name
        block = np.ascontiguousarray(column.codes, dtype=_TYPES[kind]).tobytes()
        block += bytes(-len(block) % _ALIGN)
        described.append(
            [name, kind, offset, column.codes.size, column.scale, column.base, column.missing]
        )
        parts.append(block)
        offset += len(block)
    text = _json({**header, "columns": described})
    text += b" " * (-(len(text) + 8) % _ALIGN)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, *parts))


def _json(header: Mapping[str, Any]) -> bytes:
    try:
        text = _ENCODER.encode(header)
    except (TypeError, ValueError):  # an undefined number, or a mapping that is no dict
        text = _ENCODER.encode(_without_nan(header))
    return text.encode()


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[np.float64]]]:
    """Return header and values of what :func:`packed` made; the browser does the same."""
    if data[:4] != MAGIC:
        raise ValueError(f"a frame must begin with {MAGIC!r}, was {data[:4]!r}")
    length = struct.unpack("<I", data[4:8])[0]
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    values = {}
    for name, kind, offset, size, scale, base, missing in header["columns"]:
        codes = np.frombuffer(data, _TYPES[kind], size, 8 + length + offset)
        column = base + scale * codes.astype(np.float64)
        values[name] = column if missing is None else np.where(codes == missing, np.nan, column)
    return header, values


def _without_nan(value: Any) -> Any:
    # JSON has no NaN: an undefined number is null.
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value
