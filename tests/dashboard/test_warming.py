"""What is compiled behind the page is told while it takes long, and only then."""

from __future__ import annotations

import pytest

from dashboard.warming import COMPILING, Warming


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_words_stand_while_steps_take_longer_than_loading() -> None:
    clock = Clock()
    warming = Warming(clock)
    seen: list[str | None] = []

    def step() -> None:
        seen.append(warming.words())
        clock.now += 10.0
        seen.append(warming.words())

    assert warming.words() is None
    warming.through(step, step)
    assert seen == [None, COMPILING, COMPILING, COMPILING]
    assert warming.words() is None


def test_a_step_that_fails_ends_the_words_and_is_not_hidden() -> None:
    clock = Clock()
    warming = Warming(clock)

    def step() -> None:
        clock.now += 10.0
        assert warming.words() == COMPILING
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        warming.through(step)
    assert warming.words() is None


def test_the_page_greys_a_panel_by_how_the_words_begin() -> None:
    # rules.js: what begins so stands over the grey lines of a panel without numbers.
    assert COMPILING.startswith("computing")
