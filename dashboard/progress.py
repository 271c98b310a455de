"""Progress bars in a terminal; elsewhere only a line before what takes long, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["COMPILING", "MAKING_DEMO", "engine_words", "terminal_progress"]

MAKING_DEMO: Final = "Making the simulated market"
COMPILING: Final = "Compiling the engine (up to two minutes, once)"
_LOADING: Final = "Loading the compiled engine"
_LONG: Final = (MAKING_DEMO, COMPILING)
# What numba writes once the loop of a run is compiled, which it is after all that it calls. The
# folders are there as soon as the engine is imported, and so are parts of a run broken off.
_COMPILED: Final = "*/event_driven.run_event_driven-*.nbi"


def engine_words(home: Path) -> str:
    """Return what becoming ready means here: compiling, or loading what was compiled before."""
    from core.compiled import code_fingerprint  # brings numba, which most commands do without

    folder = home / "compiled" / code_fingerprint()
    return _LOADING if any(folder.glob(_COMPILED)) else COMPILING


@contextmanager
def terminal_progress() -> Iterator[Callable[[str, float], None]]:
    """Yield a function of (what is being done, share in [0, 1]) that moves a bar on stderr.

    Where stderr is no terminal there is no bar: what takes long is said in a line as it begins.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text, _share: console.print(text, soft_wrap=True) if text in _LONG else None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)
