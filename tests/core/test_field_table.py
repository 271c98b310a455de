from __future__ import annotations

from pathlib import Path

import pytest

from core.field_table import field_table_markdown
from core.parameters import ParameterSpec
from core.scenario import specs

DOCS = Path(__file__).resolve().parents[2] / "docs" / "fields.md"


def test_the_docs_show_the_fields_as_they_are_declared() -> None:
    shown = DOCS.read_text(encoding="utf-8").split("<!-- fields: begin -->\n")[1]
    shown = shown.split("<!-- fields: end -->")[0]
    assert shown == field_table_markdown(), (
        "replace the marked part by core.field_table.field_table_markdown()"
    )


@pytest.mark.parametrize("spec", specs().values(), ids=specs().keys())
def test_every_field_has_a_whole_row(spec: ParameterSpec) -> None:
    (row,) = [
        line for line in field_table_markdown().splitlines() if line.startswith(f"| `{spec.path}`")
    ]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 8
    assert all((cells[1], cells[2], cells[5], cells[6], cells[7]))
    assert cells[4] == spec.unit


def test_a_row_reads_as_the_declaration_does() -> None:
    assert (
        "| `book.sector_cap` | off | > 0, ≤ 1, off | 0.01 | fraction | `scap` | Largest target "
        "weight of one sector; names of a full sector are passed over. | origin report §5 |\n"
    ) in field_table_markdown()
