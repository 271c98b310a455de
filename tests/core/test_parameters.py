"""What every field of a scenario must have."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.config import Scenario
from core.errors import ConfigError
from core.parameters import ParameterSpec
from core.scenario import parse_assignment, specs, value_at, with_values

BASE = Scenario()


@pytest.mark.parametrize("spec", specs().values(), ids=specs().keys())
def test_every_field_has_every_face(spec: ParameterSpec) -> None:
    assert spec.label
    assert spec.group
    assert spec.help.endswith(".")
    assert spec.source
    assert spec.url_key
    assert value_at(BASE, spec.path) == spec.default
    if spec.kind in ("number", "integer"):
        assert spec.unit
        assert spec.minimum is not None
        assert spec.maximum is not None
        assert spec.control is not None
        assert spec.step is not None
        low, high = spec.control
        assert spec.minimum <= low < high <= spec.maximum
        assert low <= spec.on_value <= high
        assert 0.0 < spec.step <= (high - low) / 4
        for edge in (low if low > 0 or not spec.open_minimum else spec.step, high):
            text = f"{spec.path}={edge:g}"
            if ".weights." not in spec.path:
                assert parse_assignment(text)[1] == edge
    if spec.kind == "choice":
        assert spec.default in spec.choices
    if spec.optional and spec.kind != "date":
        assert value_at(with_values(BASE, {spec.path: None}), spec.path) is None


def test_url_keys_are_unique() -> None:
    keys = [spec.url_key for spec in specs().values()]
    assert len(set(keys)) == len(keys)


def test_no_field_escapes_declaration() -> None:
    def leaves(model: Any, prefix: str) -> list[str]:
        found = []
        for name in type(model).model_fields:
            value = getattr(model, name)
            nested = hasattr(type(value), "model_fields")
            found += leaves(value, f"{prefix}{name}.") if nested else [f"{prefix}{name}"]
        return found

    assert leaves(BASE, "") == ["name", *specs()]


# Of a fraction that is 0 where it is on, the percent is 0 too.
FRACTIONS = [s for s in specs().values() if s.is_fraction and s.on_value != 0.0]


@pytest.mark.parametrize("spec", FRACTIONS, ids=[s.path for s in FRACTIONS])
def test_percent_given_for_a_fraction_is_refused(spec: ParameterSpec) -> None:
    percent = 100.0 * spec.on_value
    assert spec.maximum is not None
    assert percent > spec.maximum
    for value in (percent, f"{percent:g}%"):
        with pytest.raises(ConfigError) as caught:
            with_values(BASE, {spec.path: value})
        (guess,) = re.findall(r"Did you mean ([0-9.]+)\?$", str(caught.value))
        assert float(guess) == pytest.approx(spec.on_value)
