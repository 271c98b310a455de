"""Write what was measured into a document, between two markers."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PERFORMANCE", "write_section"]

PERFORMANCE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def write_section(name: str, text: str, document: Path = PERFORMANCE) -> None:
    """Replace what stands between ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Raises
    ------
    ValueError
        When a marker is not there exactly once, or they are in the wrong order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    whole = document.read_text(encoding="utf-8")
    if whole.count(begin) != 1 or whole.count(end) != 1 or whole.index(begin) > whole.index(end):
        raise ValueError(
            f"{document.name} must hold {begin} and then {end}, once each: add the missing ones"
        )
    before, rest = whole.split(begin)
    after = rest.split(end)[1]
    document.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
