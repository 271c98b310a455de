"""Progress bars in a terminal; silent where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["terminal_progress"]


@contextmanager
def terminal_progress() -> Iterator[Callable[[str, float], None]]:
    """Yield a function of (what is being done, share in [0, 1]) that moves a bar on stderr."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)
