"""Members of an index that have no prices: kept with a snapshot, for the check of its health."""

from __future__ import annotations

import json
from typing import Final

import pandas as pd

__all__ = ["LEFT_OUT", "absent_members", "left_out_members"]

#: Fate of a row that is in no table because its symbol has no prices.
LEFT_OUT: Final = "left_out"
_COLUMNS: Final = ["ticker", "start_date", "end_date"]


def left_out_members(members: pd.DataFrame) -> pd.DataFrame:
    """Return membership intervals without prices as rows of a snapshot's findings.

    Parameters
    ----------
    members : DataFrame
        ticker, start_date, end_date (NaT = still a member).
    """
    days = members[_COLUMNS].astype({"start_date": str, "end_date": str})
    return pd.DataFrame(
        {
            "table": "membership",
            "fate": LEFT_OUT,
            "reason": "without_prices",
            "file_row": 0,
            "row": [json.dumps(row) for row in days.to_dict("records")],
        }
    )


def absent_members(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals of `left_out_members` from the findings of a snapshot."""
    rows = findings[(findings["fate"] == LEFT_OUT) & (findings["table"] == "membership")]
    told = [json.loads(row) for row in rows["row"]]
    found = pd.DataFrame(told, columns=_COLUMNS)
    for name in _COLUMNS[1:]:
        found[name] = pd.to_datetime(found[name], errors="coerce").astype("datetime64[s]")
    return found
