"""One declaration a field, from which validation, controls, flags, axes and docs are made."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

__all__ = ["Kind", "ParameterSpec", "declared", "parameter", "section"]

Kind = Literal["number", "integer", "flag", "choice", "date", "text"]
_FACE = "plimsoll"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """Everything the faces need to know about one scenario field.

    ``minimum`` and ``maximum`` bound what is valid; ``control`` is the narrower range a slider or a
    sweep covers by default. ``on_value`` is what an optional field takes when it is switched on.
    """

    path: str
    kind: Kind
    optional: bool
    default: Any
    on_value: Any
    minimum: float | None
    maximum: float | None
    open_minimum: bool
    control: tuple[float, float] | None
    step: float | None
    unit: str
    group: str
    label: str
    help: str
    source: str
    url_key: str
    choices: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def section(self) -> str:
        """First part of the path: universe, period, factors, regimes, book or risk."""
        return self.path.partition(".")[0]

    @property
    def is_fraction(self) -> bool:
        """Whether the field is a fraction that people read as percent."""
        return self.unit.startswith("fraction")


def parameter(
    default: Any,
    *,
    group: str,
    label: str,
    help: str,
    url: str,
    unit: str = "",
    step: float | None = None,
    source: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    control: tuple[float, float] | None = None,
    on_value: Any = None,
) -> Any:
    """Declare one field of a scenario.

    Parameters
    ----------
    default : Any
        Default value; None for an optional rule means "off".
    group, label, help, unit, source : str
        Texts for people; the unit is that of the stored value ("fraction" is shown as percent).
    url : str
        Short unique key in a URL.
    step : float, optional
        Smallest sensible move of a control.
    ge, gt, le : float, optional
        Bounds of validity.
    control : (float, float), optional
        Range of a slider; the bounds of validity when not given.
    on_value : Any, optional
        Value taken when an optional field is switched on; the default when not given.

    Returns
    -------
    Any
        A pydantic field, read back by :func:`declared`.
    """
    face = {
        "group": group,
        "label": label,
        "unit": unit,
        "step": step,
        "source": source,
        "url": url,
        "control": control,
        "on_value": on_value,
        "minimum": gt if ge is None else ge,
        "maximum": le,
        "open_minimum": gt is not None,
    }
    return Field(default, description=help, ge=ge, gt=gt, le=le, json_schema_extra={_FACE: face})


def section(default: BaseModel, *, url: str = "", label: str = "") -> Any:
    """Declare a nested part of the scenario; `url` and `label` go before those of its fields."""
    return Field(default, json_schema_extra={_FACE: {"url": url, "label": label}})


def declared(default: BaseModel, path: str = "") -> Iterator[ParameterSpec]:
    """Yield the declaration of every leaf field below the model `default`, in order of declaration.

    The values of `default` are the defaults that the specifications report.
    """
    return _walk(default, path, "", "")


def _walk(default: BaseModel, path: str, url: str, label: str) -> Iterator[ParameterSpec]:
    for name, info in type(default).model_fields.items():
        extra = info.json_schema_extra
        if not isinstance(extra, dict) or _FACE not in extra:
            continue
        face = typing.cast(dict[str, Any], extra[_FACE])
        value = getattr(default, name)
        if isinstance(value, BaseModel):
            part = f"{label}{face['label']}: " if face["label"] else label
            yield from _walk(value, f"{path}{name}.", url + face["url"], part)
        else:
            yield _spec(f"{path}{name}", info, face | {"url": url + face["url"]}, value, label)


def _spec(
    path: str, info: FieldInfo, face: dict[str, Any], default: Any, label: str
) -> ParameterSpec:
    inner, optional = _without_none(info.annotation)
    bounds = (face["minimum"], face["maximum"])
    control = face["control"]
    if control is None and None not in bounds:
        control = bounds
    return ParameterSpec(
        path=path,
        kind=_kind(inner),
        optional=optional,
        default=default,
        on_value=default if face["on_value"] is None else face["on_value"],
        minimum=face["minimum"],
        maximum=face["maximum"],
        open_minimum=face["open_minimum"],
        control=control,
        step=face["step"],
        unit=face["unit"],
        group=face["group"],
        label=label + face["label"],
        help=info.description or "",
        source=face["source"],
        url_key=face["url"],
        choices=get_args(inner) if get_origin(inner) is Literal else (),
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [arg for arg in get_args(annotation) if arg is not type(None)]
        return rest[0], len(rest) < len(get_args(annotation))
    return annotation, False


def _kind(annotation: Any) -> Kind:
    if get_origin(annotation) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {float: "number", int: "integer", bool: "flag", dt.date: "date"}
    return kinds.get(annotation, "text")
