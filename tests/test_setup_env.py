"""The stamp of the environment: when nothing is done, when it is updated, when it is made anew."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import setup_env
from scripts.setup_env import LOCKS, STAMP, Setup, SetupError

ROOT = Path(__file__).resolve().parents[1]


class Recorder:
    """Stands in for subprocess.run: remembers commands, fails where told to."""

    def __init__(self, failing: str = "") -> None:
        self.commands: list[str] = []
        self.failing = failing
        self.stamps: list[bool] = []

    def __call__(
        self, command: list[str], **options: object
    ) -> "subprocess.CompletedProcess[bytes]":
        line = " ".join(command)
        status = int(bool(self.failing) and self.failing in line)
        if "-c" not in command:
            self.commands.append(line)
            if "cwd" in options:
                self.stamps.append((Path(str(options["cwd"])) / ".venv" / STAMP).exists())
        if "venv" in command and not status:
            folder = Path(command[-1])
            (folder / "bin").mkdir(parents=True, exist_ok=True)
            (folder / "bin" / "python").touch()
        return subprocess.CompletedProcess(command, status)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (*LOCKS.values(), "pyproject.toml"):
        (tmp_path / name).write_text(f"contents of {name}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(setup_env.subprocess, "run", recorder)
    return recorder


def test_a_first_set_up_makes_everything_and_the_second_nothing(
    root: Path, record: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = Setup(root, "run")
    assert not setup.is_current()
    setup.make()
    assert [command.split(" -m ")[1].split()[0] for command in record.commands] == [
        "venv", "pip", "pip", "pip",
    ]  # fmt: skip
    assert "--require-hashes -r requirements.lock" in record.commands[1]
    assert "--no-deps --no-build-isolation -e ." in record.commands[2]
    said = capsys.readouterr().out
    assert [line[:3] for line in said.splitlines()[:4]] == ["1/4", "2/4", "3/4", "4/4"]
    assert Setup(root, "run").is_current()
    assert not any(record.stamps), "no stamp while anything is being changed"


def test_the_test_set_serves_both_and_the_run_set_only_itself(root: Path, record: Recorder) -> None:
    Setup(root, "run").make()
    assert not Setup(root, "test").is_current()
    Setup(root, "test").make()
    assert Setup(root, "test").is_current()
    assert Setup(root, "run").is_current()
    assert sum("-m venv" in command for command in record.commands) == 1, "updated, not made anew"


@pytest.mark.parametrize("changed", [*LOCKS.values(), "pyproject.toml"])
def test_a_changed_file_is_noticed(root: Path, record: Recorder, changed: str) -> None:
    Setup(root, "test").make()
    (root / changed).write_text("something else\n", encoding="utf-8")
    assert not Setup(root, "test").is_current()
    assert not Setup(root, "test").must_start_over(), "a new lock is installed over the old one"
    assert Setup(root, "run").is_current() is (changed == LOCKS["test"])


@pytest.mark.parametrize("failing", ["--require-hashes", "-e .", "check"])
def test_a_set_up_that_broke_is_started_over(
    root: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    Setup(root, "run").root.mkdir(exist_ok=True)
    recorder = Recorder(failing)
    monkeypatch.setattr(setup_env.subprocess, "run", recorder)
    with pytest.raises(SetupError, match="ended with status 1; it needs"):
        Setup(root, "run").make()
    again = Setup(root, "run")
    assert not again.is_current()
    assert again.must_start_over()
    recorder.failing = ""
    again.make()
    assert again.is_current()
    assert "--clear" in [line for line in recorder.commands if "-m venv" in line][-1]


def test_an_interrupted_update_is_started_over(
    root: Path, record: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    Setup(root, "run").make()

    def interrupt(command: list[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
        if "--require-hashes" in command:
            raise KeyboardInterrupt
        return record(command, **options)

    monkeypatch.setattr(setup_env.subprocess, "run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Setup(root, "test").make()
    assert not Setup(root, "run").is_current()
    assert Setup(root, "run").must_start_over()


def test_a_moved_folder_is_made_anew(
    root: Path, record: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Setup(root, "run").make()
    elsewhere = tmp_path_factory.mktemp("moved") / "project"
    root.rename(elsewhere)
    moved = Setup(elsewhere, "run")
    assert not moved.is_current()
    assert moved.must_start_over()


@pytest.mark.parametrize("stamp", ["", "[1]", "{", '{"root": 3}'])
def test_a_stamp_that_says_nothing_counts_as_none(root: Path, record: Recorder, stamp: str) -> None:
    setup = Setup(root, "run")
    setup.make()
    setup.stamp.write_text(stamp, encoding="utf-8")
    assert not setup.is_current()
    assert setup.must_start_over()


def test_a_python_that_is_gone_is_noticed(root: Path, record: Recorder) -> None:
    setup = Setup(root, "run")
    setup.make()
    setup.python.unlink()
    assert not setup.is_current()


def test_a_missing_lock_is_named(root: Path) -> None:
    (root / LOCKS["run"]).unlink()
    with pytest.raises(SetupError, match=r"requirements\.lock must be in the project's folder"):
        Setup(root, "run").is_current()


def test_a_step_that_hangs_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
        raise subprocess.TimeoutExpired(command, 1.0)

    monkeypatch.setattr(setup_env.subprocess, "run", hang)
    with pytest.raises(SetupError, match="must end within 300 s and did not"):
        Setup(root, "run").make()


def pins(lock: str) -> set[str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return set(re.findall(r"^[a-z0-9][^\s;\\]*==[^\s;\\]+", text, flags=re.MULTILINE))


def test_the_test_lock_contains_the_run_lock() -> None:
    assert pins(LOCKS["run"])
    assert pins(LOCKS["run"]) <= pins(LOCKS["test"])


@pytest.mark.parametrize("lock", LOCKS.values())
def test_locks_are_hashed_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(
        r"^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.MULTILINE
    )
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.argv = ['setup_env.py', '--help']; import runpy; " + (
        f"runpy.run_path({str(ROOT / 'scripts' / 'setup_env.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "run" in done.stdout


def test_the_stamp_is_readable_json(root: Path, record: Recorder) -> None:
    setup = Setup(root, "test")
    setup.make()
    assert set(json.loads(setup.stamp.read_text(encoding="utf-8"))) == {
        "root", "project", "run", "test",
    }  # fmt: skip
