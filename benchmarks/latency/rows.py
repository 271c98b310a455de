"""The rows of the table: what was measured beside what was promised."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from benchmarks.latency.figures import Figures, p95, ratios
from benchmarks.latency.measure import PARTS

__all__ = ["REASONS", "Row", "rows_of", "table"]

# Why a goal is missed, by row; shown only while it is. Keep true with every change.
REASONS = {
    "release": "The server has the exact frame after some 30 ms and sends it before anything else. "
    "The rest is the browser's, traced: without a GPU Streamlit lays the page out anew for the new "
    "session and for the run state (35 ms each) before it hands the frame over, and again with it; "
    "drawing all panels takes 10 to 15 ms. The floor's page has nothing to lay out.",
    "curves": "Complete, the finest slider (122 steps, each another run) is 1 067 B a session. On "
    "a busy machine an answer reaches fewer steps within its quarter of a second, and each answer "
    "repeats the days and names that stand around them.",
    "hints": "They are computed while the page's words are made and go out at the end of the same "
    "run of its script; from there the browser takes them up as it does the charts' frame.",
    "crowd": "One process has one interpreter lock. Commits are worked on one after the other, "
    "what their charts wait for first (some 20 ms of the lock each): of 20 at the same moment "
    "the last waits for 19. More processes behind a sticky proxy are the way out.",
    "painted": "Every value is painted; the share within one floor falls as the floor gets faster.",
    "clicks": "The script makes the figure and the tables beside it, then Plotly lays the figure "
    "out anew, in place; the floor changes a line of text.",
    "switches": "Figures drawn before come back as they were. What is left: the script, and "
    "Streamlit's browser side, which builds every button, table and text of a page anew; the floor "
    "changes a line of text.",
    "start": "The process loads pandas, numba and the compiled engine before its first page.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One goal; ``met`` is None where nothing was measured."""

    key: str
    what: str
    goal: str
    floor: str
    measured: str
    ratio: str
    met: bool | None


def rows_of(figures: Figures, parts: Collection[str] = PARTS) -> list[Row]:
    """Return the rows of the table of goals that `parts` of the measurement are about."""
    return [make(figures) for part, make in _makers() if part is None or part in parts]


def _makers() -> tuple[tuple[str | None, Callable[[Figures], Row]], ...]:
    # In the order of the table, with the part that measures it.
    return (
        ("drags", _release), ("drags", _painted), ("drags", _reruns), ("drags", _kept),
        ("drags", _blank), ("drags", _shift), ("drags", _bytes), ("curves", _curves),
        ("drags", _hints), ("crowd", _crowd), ("start", _start), ("memory", _memory),
        (None, _frozen), ("drags", _errors), ("pages", _clicks), ("pages", _switches),
    )  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, and below it why goals are missed."""
    lines = ["| what | goal | floor | measured | ratio | verdict |", "|---|---|--:|--:|--:|---|"]
    words = {True: "met", False: "**missed**", None: "later"}
    for row in rows:
        cells = (row.what, row.goal, row.floor, row.measured, row.ratio, words[row.met])
        lines.append("| " + " | ".join(cells) + " |")
    missed = [row for row in rows if row.met is False]
    if missed:
        lines += ["", "Missed:"]
        lines += [f"- {row.what}: {REASONS.get(row.key, 'not explained yet.')}" for row in missed]
    return "\n".join(lines)


def _clicks(f: Figures) -> Row:
    what = "other pages: a key or click → last repaint"
    return _visits(f, "clicks", what, f.clicks)


def _switches(f: Figures) -> Row:
    return _visits(f, "switches", "a change of page → last repaint", f.switches)


def _visits(f: Figures, key: str, what: str, times: dict[str, list[float]]) -> Row:
    goal = "≤ 12×, stretch 8×"
    if "pages" in f.failed:
        return _failed(f, "pages", what, goal)
    floor = statistics.median(r.last for r in f.floor)
    middle = {name: statistics.median(found) for name, found in times.items()}
    told = ", ".join(f"{name} {ms:.0f}" for name, ms in middle.items())
    found = [ms / floor for ms in middle.values()]
    return Row(
        key, what, goal, _ms([r.last for r in f.floor]), f"{told} ms", _times(found),
        statistics.median(found) <= 12,
    )  # fmt: skip


def _ms(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ms (p95 {p95(values):.0f})"


def _times(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f}× ({min(values):.1f}–{max(values):.1f})"


def _release(f: Figures) -> Row:
    found = [statistics.median(d.release.last for d in b.timed) / b.floor for b in f.blocks]
    return Row(
        "release",
        "release → last repaint of charts and cards, exact numbers",
        "≤ 5×, stretch 3×",
        _ms([r.last for r in f.floor]),
        _ms([d.release.last for d in f.timed]),
        _times(found),
        statistics.median(found) <= 5,
    )


def _hints(f: Figures) -> Row:
    times = [[d.release.hints for d in b.timed if d.release.hints] for b in f.blocks]
    found = [statistics.median(t) / b.floor for t, b in zip(times, f.blocks, strict=True)]
    return Row(
        "hints",
        "± one step of every field",
        "≤ 8×",
        _ms([r.last for r in f.floor]),
        _ms([t for block in times for t in block]),
        _times(found),
        statistics.median(found) <= 8,
    )


def _painted(f: Figures) -> Row:
    passed = sum(d.passed for d in f.timed)
    painted = [(t, b.floor) for b in f.blocks for d in b.timed for t in d.painted]
    within = sum(t <= floor for t, floor in painted) / passed
    return Row(
        "painted",
        "values painted while dragging, of the distinct ones passed; within one floor",
        "≥ 90 %",
        _ms([r.last for r in f.floor]),
        f"{len(painted) / passed:.0%} of {passed}, within {within:.0%}; "
        + (_ms([t for t, _ in painted]) if painted else "none"),
        _times([t / floor for t, floor in painted]) if painted else "",
        within >= 0.9,
    )


def _reruns(f: Figures) -> Row:
    most = max(len(d.page_runs) for d in f.drags)
    least = min(len(d.page_runs) for d in f.drags)
    early = max(d.early for d in f.drags)
    found = f"{least}" if least == most else f"{least}–{most}"
    words = f"{found}, of them while moving {early}"
    return Row("reruns", "reruns per drag", "1", "", words, "", least == most == 1 and not early)


def _kept(f: Figures) -> Row:
    kept = sum(d.kept for d in f.drags)
    measured = f"{kept} of {len(f.drags)} drags keep every node"
    return Row("kept", "charts kept", "all", "", measured, "", kept == len(f.drags))


def _blank(f: Figures) -> Row:
    drags = [b.counted for b in f.blocks]
    blank = sum(d.fewest < d.charts for d in drags)
    words = f"{blank} in {len(drags)} drags looked at frame by frame"
    return Row("blank", "drags with a blank frame", "0", "", words, "", blank == 0)


def _shift(f: Figures) -> Row:
    shifts = [d.shift for d in f.drags]
    moved = sum(shift > 0 for shift in shifts)
    words = f"largest {max(shifts):.2g}, in {moved} of {len(shifts)} drags" if moved else "0"
    return Row(
        "shift", "layout shift, also right after an input", "0", "", words, "", not any(shifts)
    )


def _bytes(f: Figures) -> Row:
    whole = [sum(r.received for r in d.page_runs) / d.sessions for d in f.drags]
    frame = [sum(r.frame for r in d.page_runs) / d.sessions for d in f.drags]
    words = f"{max(whole):.1f} a session, the lab's frame alone {max(frame):.1f}"
    what = f"bytes per commit, whole websocket, {f.drags[0].sessions} sessions on the page"
    return Row("bytes", what, "≤ 85 a session", "", words, "", max(whole) <= 85)


def _curves(f: Figures) -> Row:
    path, most = max(f.curves.items(), key=lambda item: item[1])
    share = most / f.drawn
    words = f"at most {share:.0f} B a session (`{path}`); again: {f.again} B"
    goal = "≤ 1 200 B a session, once"
    met = share <= 1200 and not f.again
    return Row("curves", f"curves of one slider, {len(f.curves)} sliders", goal, "", words, "", met)


def _failed(f: Figures, key: str, what: str, goal: str) -> Row:
    return Row(key, what, goal, "", f"not measured: {f.failed[key]}", "", met=False)


def _crowd(f: Figures) -> Row:
    if "crowd" in f.failed:
        return _failed(f, "crowd", f"{f.sessions} sessions moving sliders", "≤ 4×")
    floor, lab = [p95(b) for b in f.crowd_floor], [p95(b) for b in f.crowd_lab]
    found = ratios(floor, lab)
    return Row(
        "crowd",
        f"{f.sessions} sessions moving sliders: websocket p95 of the first repaint",
        "≤ 4×",
        f"{statistics.median(floor):.0f} ms",
        f"{statistics.median(lab):.0f} ms",
        _times(found),
        statistics.median(found) <= 4,
    )


def _start(f: Figures) -> Row:
    if "start" in f.failed:
        return _failed(f, "start", "process start → charts", "≤ 1.3×")
    found = ratios(f.start_floor, f.start_lab)
    return Row(
        "start",
        "process start → charts; floor: bare app with one Plotly chart",
        "≤ 1.3×",
        f"{statistics.median(f.start_floor):.1f} s",
        f"{statistics.median(f.start_lab):.1f} s",
        f"{statistics.median(found):.2f}× ({min(found):.2f}–{max(found):.2f})",
        statistics.median(found) <= 1.3,
    )


def _memory(f: Figures) -> Row:
    if "memory" in f.failed:
        return _failed(f, "memory", "memory per open session", "≤ 5 MB")
    words = f"{f.memory / 1e6:.1f} MB"
    return Row("memory", "memory per open session", "≤ 5 MB", "", words, "", f.memory <= 5e6)


def _frozen(f: Figures) -> Row:
    words = f"{f.frozen:,}".replace(",", " ")
    return Row("frozen", "objects frozen at the start", "> 0", "", words, "", f.frozen > 0)


def _errors(f: Figures) -> Row:
    words = f"{len(f.errors)}" + (f": {f.errors[0]}" if f.errors else "")
    return Row("errors", "errors on the browser's console", "0", "", words, "", not f.errors)
