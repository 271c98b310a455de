"""The arithmetic of the latency benchmark: a ratio must not depend on how fast the machine is."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.document import write_section
from benchmarks.latency import floor
from benchmarks.latency.figures import Figures, p95, ratios
from benchmarks.latency.rows import Row, rows_of, table
from benchmarks.latency.traffic import ScriptRun, page_requests, script_runs
from dashboard import asgi

TIMES = st.floats(1.0, 1e4)


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=8), TIMES, st.floats(0.1, 10.0))
def test_a_slower_machine_has_the_same_ratios(
    pairs: list[tuple[float, float]], last: float, slower: float
) -> None:
    floor, found = [a for a, _ in pairs] + [last], [b for _, b in pairs]
    expected = ratios(floor, found)
    assert ratios([slower * x for x in floor], [slower * x for x in found]) == pytest.approx(
        expected
    )
    assert ratios(floor, [(a + b) / 2 for a, b in itertools.pairwise(floor)]) == (
        pytest.approx([1.0] * len(found))
    )


def test_a_floor_without_its_last_block_is_refused() -> None:
    with pytest.raises(ValueError, match="the floor must have 3 figures, had 2"):
        ratios([1.0, 2.0], [1.0, 2.0])


def test_the_95th_percentile_is_between_the_last_two_of_twenty() -> None:
    assert p95([float(k) for k in range(1, 21)]) == pytest.approx(19.05)  # numpy.percentile's
    assert p95([3.0]) == 3.0


def message(**more: object) -> bytes:
    return ForwardMsg(**more).SerializeToString()


def frame(key: str, size: int) -> bytes:
    got = ForwardMsg()
    component = got.delta.new_element.bidi_component
    component.id = f"$$ID-{'0' * 32}-{key}"
    component.bytes = bytes(size)
    return got.SerializeToString()


def test_runs_of_the_page_and_of_fragments_are_told_apart() -> None:
    page = [message(session_event={}), frame("lab", 900), frame("lab_curves", 40)]
    page.append(message(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
    hints = [frame("lab_curves", 300)]
    hints.append(message(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    broken = [message(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN)]
    unfinished = [frame("lab", 7)]
    assert script_runs(page + hints + broken + unfinished) == [
        ScriptRun(fragment=False, received=sum(map(len, page)), frame=900),
        ScriptRun(fragment=True, received=sum(map(len, hints))),
        ScriptRun(fragment=False, received=len(broken[0]), complete=False),
    ]


def test_only_requests_for_the_whole_page_count() -> None:
    page, fragment, beat = BackMsg(), BackMsg(), BackMsg()
    page.rerun_script.query_string = "from=2021-06-01"
    fragment.rerun_script.fragment_id = "1f0c71"
    beat.app_heartbeat = True
    assert page_requests([m.SerializeToString() for m in (page, fragment, beat, page)]) == 2


def test_a_missed_goal_is_named_below_the_table() -> None:
    text = table(
        [
            Row("a", "one", "≤ 1", "1 ms", "2 ms", "2×", met=False),
            Row("b", "two", "≤ 1", "1 ms", "1 ms", "1×", met=True),
            Row("c", "three", "≤ 1", "", "", "", met=None),
        ]
    )
    assert "| one | ≤ 1 | 1 ms | 2 ms | 2× | **missed** |" in text
    assert "| two | ≤ 1 | 1 ms | 1 ms | 1× | met |" in text
    assert text.splitlines()[-1] == "- one: not explained yet."


def test_only_what_stands_between_the_markers_is_written(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n")
    write_section("x", "new\n", document)
    assert document.read_text() == "before\n<!-- x:begin -->\nnew\n<!-- x:end -->\nafter\n"
    with pytest.raises(ValueError, match=r"performance\.md must hold <!-- y:begin -->"):
        write_section("y", "new", document)


def test_only_the_rows_of_what_was_measured_are_told() -> None:
    assert [row.key for row in rows_of(Figures(frozen=1), ())] == ["frozen"]
    crowd = Figures(frozen=1, crowd_floor=[[100.0], [100.0]], crowd_lab=[[300.0]], sessions=20)
    assert [row.ratio for row in rows_of(crowd, ("crowd",))] == ["3.0× (3.0–3.0)", ""]


def test_the_floor_hands_the_interpreter_on_as_often_as_the_dashboard() -> None:
    assert floor.SWITCH_S == asgi.SWITCH_S
