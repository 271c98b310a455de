"""Which checks fail a run, which test gets a second try, and what is said at the end."""

from __future__ import annotations

import pytest

from scripts import run_checks
from scripts.run_checks import Spent

BROWSER, AGAIN = "pytest browser", "browser again"
SAID = """ERROR    dashboard:server.py:3 what a test logged
FAILED tests/browser/test_a.py::test_moved - assert 1 == 2
FAILED tests/browser/test_a.py::test_of[one - two] - assert []
ERROR tests/browser/test_a.py::test_moved - at its end as well
2 failed, 1 error"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Spent]:
    """Let every check end as the returned table says, or well; no process is started."""
    ends: dict[str, Spent] = {}

    def ended(check: run_checks.Check, _: object) -> Spent:
        return ends.get(check[0], Spent(check[0], 1.0, 0, "1 passed"))

    monkeypatch.setattr(run_checks, "_run", ended)
    return ends


def test_tests_that_failed_are_told_from_what_they_say() -> None:
    assert Spent(BROWSER, 1.0, 1, SAID).failures == [
        "tests/browser/test_a.py::test_moved",
        "tests/browser/test_a.py::test_of[one - two]",
    ]


def test_what_passes_on_the_second_try_is_named_and_fails_nothing(
    run: dict[str, Spent], capsys: pytest.CaptureFixture[str]
) -> None:
    run[BROWSER] = Spent(BROWSER, 1.0, 1, SAID)
    assert run_checks.main() == 0
    said = capsys.readouterr().out
    assert "passed on the second try: tests/browser/test_a.py::test_of[one - two]\n" in said
    assert "FAILED" not in said


def test_a_file_that_cannot_be_set_up_is_one_failure_however_many_tests_it_has(
    run: dict[str, Spent], capsys: pytest.CaptureFixture[str]
) -> None:
    said = [f"ERROR tests/browser/test_a.py::test_{k} - Timeout" for k in range(7)]
    said += [f"FAILED tests/browser/test_{k}.py::test_moved" for k in range(2)]
    run[BROWSER] = Spent(BROWSER, 1.0, 1, "\n".join(said))
    assert run_checks.main() == 0
    assert capsys.readouterr().out.count("passed on the second try: ") == 9


def test_what_fails_twice_fails_the_run_and_is_named_at_the_end(
    run: dict[str, Spent], capsys: pytest.CaptureFixture[str]
) -> None:
    run[BROWSER] = Spent(BROWSER, 1.0, 1, SAID)
    run[AGAIN] = Spent(AGAIN, 1.0, 1, "FAILED tests/browser/test_a.py::test_moved - assert 1 == 2")
    run["mypy"] = Spent("mypy", 1.0, 1, "\n".join(f"line {k}" for k in range(50)))
    assert run_checks.main() == 1
    said = capsys.readouterr().out
    assert "second try" not in said
    assert "FAILED mypy:\n  line 38\n" in said
    assert said.endswith("FAILED browser again:\n  tests/browser/test_a.py::test_moved\n")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("pytest", 1, SAID),
        (BROWSER, 4, "ERROR: usage"),
        (BROWSER, 1, "no test is named"),
        (BROWSER, 1, "\n".join(f"FAILED tests/browser/test_{k}.py::test_a" for k in range(4))),
    ],
)
def test_nothing_else_is_tried_twice(
    run: dict[str, Spent],
    capsys: pytest.CaptureFixture[str],
    name: str,
    status: int,
    said: str,
) -> None:
    run[name] = Spent(name, 1.0, status, said)
    assert run_checks.main() == 1
    assert AGAIN not in capsys.readouterr().out
