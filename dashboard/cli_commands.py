"""The commands of the command line, each read when it is asked for.

What a backtest needs takes seconds to load; `plimsoll status` and `plimsoll fetch` do without it.
"""

from __future__ import annotations

import importlib
from typing import Final

import click

__all__ = ["Commands"]

# Module of this package that registers each command.
_MODULES: Final = {
    "account": "cli_account",
    "backtest": "cli_backtest",
    "compare": "cli_compare",
    "data": "cli_data_check",
    "evidence": "cli_evidence",
    "explain": "cli_explain",
    "factors": "cli_factors",
    "fetch": "cli_fetch",
    "fields": "cli_backtest",
    "holdout": "cli_holdout",
    "import": "cli_data",
    "lookahead": "cli_lookahead",
    "refresh": "cli_fetch",
    "report": "cli_report",
    "robust": "cli_robust",
    "status": "cli_data",
    "sweep": "cli_sweep",
    "verify": "cli_report",
    "walkforward": "cli_walkforward",
}

# Names that a page has and no command.
_ELSEWHERE: Final = {
    "ladder": 'Its numbers: compare --presets "No overlay,Phase 8,Phase 8.1,Phase 9".',
    "robustness": "Its numbers: robust, and walkforward.",
}


class Commands(click.Group):
    """A group that knows its commands by name and loads one with its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, loaded or not, in order."""
        return sorted({*_MODULES, *self.commands})

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is asked for; of another page's name say what does its job."""
        way = _ELSEWHERE.get(args[0]) if args else None
        if way is not None:
            ctx.fail(f"No such command {args[0]!r}. {way}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None where there is none of that name."""
        if cmd_name in _MODULES and cmd_name not in self.commands:
            importlib.import_module(f"dashboard.{_MODULES[cmd_name]}").register(self)
        return super().get_command(ctx, cmd_name)
