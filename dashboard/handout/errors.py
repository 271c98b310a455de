"""Typed errors of reports: what was expected, what was found, and the way out."""

from __future__ import annotations

from core.errors import CoreError

__all__ = [
    "DamagedReportError",
    "ForeignReportError",
    "LeakError",
    "OtherCodeError",
    "OtherDataError",
    "ReportDiffersError",
    "ReportError",
    "ReportFormatError",
]


class ReportError(CoreError):
    """Base of everything that keeps a report from being made or checked."""


class ForeignReportError(ReportError, ValueError):
    """The file is no report of this program."""


class DamagedReportError(ReportError, ValueError):
    """The file began as a report, but its end or its record is missing or cannot be read."""


class ReportFormatError(ReportError, ValueError):
    """The report was written in another format than this version writes."""


class OtherDataError(ReportError):
    """The store holds other data than the report was made from, so nothing can be compared."""


class LeakError(ReportError):
    """The report would carry something private, so it was not written."""


class ReportDiffersError(ReportError):
    """The report does not say what its scenario and data give.

    Attributes
    ----------
    section, metric : str
        Where the first difference is.
    expected, found : str
        What was computed anew, and what the file says.
    """

    def __init__(self, section: str, metric: str, expected: str, found: str) -> None:
        self.section, self.metric = section, metric
        self.expected, self.found = expected, found
        super().__init__(
            f"the report does not agree with its scenario and data. First difference: section "
            f"“{section}”, {metric}: must be {expected}, was {found}. Make the report anew with "
            "`plimsoll report`, and ask whoever handed over the file where it was changed"
        )


class OtherCodeError(ReportDiffersError):
    """The report differs, and was made by other code: which of the two is why cannot be told."""

    def __init__(self, differs: ReportDiffersError, made: str, here: str) -> None:
        super().__init__(differs.section, differs.metric, differs.expected, differs.found)
        self.args = (
            f"the report was made by other code ({made}) than what checks it ({here}), and they "
            f"do not agree. First difference: section “{self.section}”, {self.metric}: here "
            f"{self.expected}, in the report {self.found}. Check it with the version that made it, "
            "or make it anew with `plimsoll report`",
        )
