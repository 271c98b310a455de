"""Errors of sources name the thing, what was expected and found, and a way out."""

from __future__ import annotations

import pickle

import pytest

from data.errors import DataError
from data.net import errors
from data.net.errors import ProviderError

KINDS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_all_four_and_survives_a_process_border(kind: type[ProviderError]) -> None:
    error = kind("polygon", "bars of AAA", "be whole", "were cut", "Try again.", 3.0)
    assert isinstance(error, DataError)
    assert str(error) == "polygon: bars of AAA must be whole, were cut. Try again."
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.retry_after, again.way_out) == (str(error), 3.0, "Try again.")


def test_what_asking_again_may_mend_is_marked_so_and_nothing_else() -> None:
    assert {kind.__name__ for kind in KINDS if kind.retryable} == {
        "BadAnswerError",
        "RateLimitError",
        "ServerFaultError",
        "TimedOutError",
        "UnreachableError",
    }
    assert {kind.__name__ for kind in KINDS if kind.fatal} == {
        "MissingKeyError",
        "RejectedKeyError",
    }
