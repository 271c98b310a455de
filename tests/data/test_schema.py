from __future__ import annotations

from pathlib import Path

import pytest

from data.schema import BOOK, FLAGS, REASONS, SCHEMAS, schema_markdown
from data.store import MarketTables

DOCS = Path(__file__).resolve().parents[2] / "docs" / "data.md"


def test_the_docs_show_the_schema_as_it_is_declared() -> None:
    text = DOCS.read_text(encoding="utf-8")
    shown = text.split("<!-- schema: begin -->\n")[1].split("<!-- schema: end -->")[0]
    assert shown == schema_markdown(), "replace the marked part by data.schema.schema_markdown()"


@pytest.mark.parametrize("table", [*SCHEMAS.values(), BOOK], ids=lambda table: table.name)
def test_every_column_is_in_the_docs(table) -> None:  # noqa: ANN001 (a declaration)
    section = DOCS.read_text(encoding="utf-8").split(f"### {table.name}\n")[1].split("###")[0]
    for column in table.columns:
        assert f"| {column.name} | {column.kind} |" in section


def test_every_reason_and_flag_is_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name, meaning in {**REASONS, **FLAGS}.items():
        assert f"| {name} | {meaning} |" in text


def test_tables_of_the_store_are_those_of_the_schema() -> None:
    assert tuple(MarketTables.__dataclass_fields__) == tuple(SCHEMAS)


@pytest.mark.parametrize("table", SCHEMAS.values(), ids=lambda table: table.name)
def test_keys_are_stored_columns(table) -> None:  # noqa: ANN001 (a declaration)
    assert set(table.key) <= set(table.names)
    with pytest.raises(KeyError):
        table.column("nothing")
