"""What an import did, table by table; the books of rows must balance."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.errors import BooksOfRowsError
from data.schema import FLAGS, REASONS
from data.snapshot import Snapshot

__all__ = ["ImportReport", "TableReport"]


@dataclass(frozen=True, slots=True)
class TableReport:
    """Where every row of one file went.

    Attributes
    ----------
    table, file : str
    read : int
        Rows in the file, malformed ones included.
    added : int
        Rows that the import made itself (a security that only prices know).
    stored, excluded, out_of_scope : int
        Kept; left out by the overrides; of symbols without prices.
    quarantined, flagged : dict of str to int
        Rows by reason. Flagged rows are stored.
    notes : tuple of str

    Raises
    ------
    BooksOfRowsError
        ``read + added`` is not ``stored + quarantined + excluded + out_of_scope``.
    """

    table: str
    file: str
    read: int
    stored: int
    added: int = 0
    excluded: int = 0
    out_of_scope: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        out = self.stored + sum(self.quarantined.values()) + self.excluded + self.out_of_scope
        if self.read + self.added != out:
            raise BooksOfRowsError(
                f"the rows of {self.table} must add up: {self.read} read and {self.added} added, "
                f"but {out} accounted for. This is a defect of the importer; nothing was stored."
            )

    def lines(self) -> list[str]:
        """Say it in words, one line a fact."""
        parts = [f"{self.read:,} read", f"{self.stored:,} stored"]
        counts = {
            "added": self.added,
            "quarantined": sum(self.quarantined.values()),
            "excluded by overrides": self.excluded,
            "without prices, left out": self.out_of_scope,
        }
        parts += [f"{count:,} {what}" for what, count in counts.items() if count]
        lines = [f"{self.table} ({self.file}): {', '.join(parts)}"]
        lines += [
            f"  quarantined {reason}: {count:,} ({REASONS[reason]})"
            for reason, count in self.quarantined.items()
        ]
        lines += [
            f"  kept, flagged {flag}: {count:,} ({FLAGS[flag]})"
            for flag, count in self.flagged.items()
        ]
        return lines + [f"  {note}" for note in self.notes]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Outcome of one import.

    Attributes
    ----------
    snapshot : Snapshot
        What is stored now.
    tables : tuple of TableReport
    overrides : tuple of str
        Entries that were applied, with the rows they left out.
    unmatched_overrides : tuple of str
        Entries that match nothing.
    seconds : float
    """

    snapshot: Snapshot
    tables: tuple[TableReport, ...]
    overrides: tuple[str, ...]
    unmatched_overrides: tuple[str, ...]
    seconds: float

    def table(self, name: str) -> TableReport:
        """Return the report of one table; raises KeyError when it was not imported."""
        return {report.table: report for report in self.tables}[name]

    def lines(self) -> list[str]:
        """Say it in words, one line a fact."""
        snapshot = self.snapshot
        lines = [
            f"market {snapshot.name}: {snapshot.names:,} names, {snapshot.sessions:,} sessions "
            f"{snapshot.first_date} to {snapshot.last_date}, in {self.seconds:.1f} s",
            f"returns: {snapshot.return_basis}",
        ]
        if snapshot.coverage is not None:
            lines.append(f"coverage: {snapshot.coverage:.2%} of member-days have a bar")
        for report in self.tables:
            lines += report.lines()
        lines += [f"override: {text}" for text in self.overrides]
        return lines + [f"override matches nothing: {text}" for text in self.unmatched_overrides]
