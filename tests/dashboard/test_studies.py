from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from core.errors import CancelledError, InputsError
from dashboard.studies import Pace, Studies, Study, Work
from data.errors import StoreBusyError


def _until(known: Callable[[], Study], *statuses: str) -> Study:
    # Waits as long as a slow machine may need; a study that never ends fails the test.
    for _ in range(2000):
        study = known()
        if study.status in statuses:
            return study
        time.sleep(0.005)
    raise AssertionError(f"still {study.status}")


def _value(value: object) -> Work:
    return lambda _pace: value


class _Slow:
    """Work that says when it began and goes on until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.end, self.cancelled = (threading.Event() for _ in range(3))

    def __call__(self, pace: Pace) -> str:
        self.begun.set()
        pace.share(0.25)
        while not self.end.wait(0.005):
            if pace.cancelled():
                self.cancelled.set()
                raise CancelledError(1, 4)
        return "slow"


def test_a_study_is_made_once_and_remembered_for_everyone() -> None:
    studies, made = Studies(), []

    def work(_pace: Pace) -> int:
        made.append(1)
        return 7

    done = _until(lambda: studies.ask("a", "surface", "k", work), "done")
    assert done == Study("done", 1.0, 7)
    assert studies.ask("b", "surface", "k", work) == done
    assert len(made) == 1


def test_the_newest_question_of_a_session_wins() -> None:
    studies, slow = Studies(), _Slow()
    studies.ask("a", "surface", "old", slow)
    assert slow.begun.wait(10)
    assert _until(lambda: studies.ask("a", "surface", "new", _value(2)), "done").result == 2
    assert slow.cancelled.is_set()


def test_what_another_session_still_wants_goes_on() -> None:
    studies, slow = Studies(), _Slow()
    studies.ask("a", "surface", "old", slow)
    studies.ask("b", "surface", "old", slow)
    assert slow.begun.wait(10)
    studies.ask("a", "surface", "new", _value(2))
    time.sleep(0.05)
    assert not slow.cancelled.is_set()
    slow.end.set()
    assert _until(lambda: studies.ask("b", "surface", "old", slow), "done").result == "slow"


def test_subjects_of_one_session_do_not_cancel_each_other() -> None:
    studies, slow = Studies(), _Slow()
    studies.ask("a", "surface", "one", slow)
    assert slow.begun.wait(10)
    studies.ask("a", "account", "two", _value(2))
    slow.end.set()
    assert _until(lambda: studies.ask("a", "surface", "one", slow), "done").result == "slow"
    assert _until(lambda: studies.ask("a", "account", "two", _value(2)), "done").result == 2


def test_lower_ranks_come_first() -> None:
    studies, slow, order = Studies(), _Slow(), []
    studies.ask("a", "first", "0", slow)
    assert slow.begun.wait(10)
    for rank, key in ((2, "late"), (1, "soon")):
        studies.ask("a", key, key, lambda _pace, key=key: order.append(key), rank=rank)
    slow.end.set()
    _until(lambda: studies.ask("a", "late", "late", _value(0), rank=2), "done")
    assert order == ["soon", "late"]


def test_a_page_holds_studies_between_their_blocks() -> None:
    studies, blocks = Studies(), []
    gate = threading.Event()

    def work(pace: Pace) -> str:
        gate.wait(10)
        pace.cancelled()
        blocks.append("after the page")
        return "done"

    studies.ask("a", "surface", "k", work)
    with studies.page():
        gate.set()
        time.sleep(0.1)
        assert blocks == []
    _until(lambda: studies.ask("a", "surface", "k", work), "done")
    assert blocks == ["after the page"]


def test_a_session_that_left_leaves_no_work_behind() -> None:
    studies, slow = Studies(), _Slow()
    studies.ask("a", "surface", "k", slow)
    assert slow.begun.wait(10)
    studies.leave("a")
    assert slow.cancelled.wait(10)


def test_one_subject_can_be_left() -> None:
    studies, slow, other = Studies(), _Slow(), _Slow()
    studies.ask("a", "report", "k", slow)
    assert slow.begun.wait(10)
    studies.ask("a", "surface", "s", other)
    studies.leave("a", "report")
    assert slow.cancelled.wait(10)
    assert other.begun.wait(10)
    other.end.set()
    assert _until(lambda: studies.ask("a", "surface", "s", other), "done").result == "slow"


def test_a_session_that_stops_asking_counts_as_gone() -> None:
    studies, slow = Studies(patience=0.05), _Slow()
    studies.ask("a", "surface", "k", slow)
    assert slow.cancelled.wait(10)


def test_progress_is_seen() -> None:
    studies, slow = Studies(), _Slow()
    study = _until(lambda: studies.ask("a", "surface", "k", slow), "running")
    assert slow.begun.wait(10)
    study = studies.ask("a", "surface", "k", slow)
    assert (study.status, study.share) == ("running", 0.25)
    slow.end.set()


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (InputsError("close must be positive, was -1"), "The engine refused its input"),
        (ZeroDivisionError("oops"), "This study failed"),
    ],
)
def test_a_failure_is_told_and_the_queue_goes_on(error: Exception, title: str) -> None:
    studies = Studies()

    def work(_pace: Pace) -> None:
        raise error

    failed = _until(lambda: studies.ask("a", "surface", "k", work), "failed")
    assert failed.problem is not None
    assert failed.problem.title == title
    assert _until(lambda: studies.ask("a", "surface", "next", _value(1)), "done").result == 1


def _fails_once() -> tuple[Work, list[int]]:
    tried: list[int] = []

    def work(_pace: Pace) -> str:
        tried.append(1)
        if len(tried) == 1:
            raise StoreBusyError("another process writes")
        return "well"

    return work, tried


def test_a_failure_is_told_while_it_is_asked_for_and_tried_again_by_who_comes_back() -> None:
    studies, (work, tried) = Studies(), _fails_once()
    _until(lambda: studies.ask("a", "surface", "k", work), "failed")
    for _ in range(3):
        assert studies.ask("a", "surface", "k", work).status == "failed"
    assert len(tried) == 1
    studies.ask("a", "account", "other", _value(1))  # of another subject
    assert studies.ask("a", "surface", "k", work).status == "failed"
    studies.ask("a", "surface", "new", _value(2))
    assert _until(lambda: studies.ask("a", "surface", "k", work), "done", "failed").result == "well"


def test_a_failure_is_forgotten_with_its_session_and_when_nobody_asks() -> None:
    for studies, leaves in ((Studies(), True), (Studies(patience=0.2), False)):
        work, _ = _fails_once()
        _until(lambda s=studies, w=work: s.ask("a", "surface", "k", w), "failed")
        if leaves:
            studies.leave("a")
        else:
            time.sleep(0.25)
        again = _until(lambda s=studies, w=work: s.ask("b", "surface", "k", w), "done", "failed")
        assert again.result == "well"


def test_who_cannot_say_whether_it_is_there_is_gone_and_the_queue_goes_on() -> None:
    studies, slow = Studies(patience=0.05), _Slow()

    def unknown() -> bool:
        raise RuntimeError("no runtime")

    studies.ask("a", "report", "k", slow, alive=unknown)
    assert slow.cancelled.wait(10) or not slow.begun.is_set()
    assert _until(lambda: studies.ask("a", "surface", "next", _value(1)), "done").result == 1


def test_few_results_are_kept() -> None:
    studies = Studies(kept=2)
    for key in "abc":
        _until(lambda key=key: studies.ask("a", key, key, _value(key)), "done")
    again = studies.ask("a", "a", "a", _value("anew"))
    assert again.status != "done"


def test_an_order_waits_for_nobody_s_patience_but_ends_with_its_session() -> None:
    studies, slow, there = Studies(patience=0.05), _Slow(), threading.Event()
    there.set()
    studies.ask("a", "report", "k", slow, alive=there.is_set)
    assert slow.begun.wait(10)
    studies.leave("a")  # a new setting: what was ordered goes on
    time.sleep(0.2)
    assert not slow.cancelled.is_set()
    there.clear()
    assert slow.cancelled.wait(10)


def test_an_order_can_be_cancelled() -> None:
    studies, slow = Studies(), _Slow()
    studies.ask("a", "report", "k", slow, alive=lambda: True)
    assert slow.begun.wait(10)
    studies.leave("a", "report")
    assert slow.cancelled.wait(10)
