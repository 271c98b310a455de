"""Many sessions at once, by websocket and without a browser, and what each costs in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.latency.servers import Server

__all__ = ["Session", "crowd", "memory_per_session"]

THINK_S: Final = 0.15  # between an answer and the next move
_TIMEOUT_S: Final = 60.0


class Session:
    """One browser's conversation with a server; `element` is what its page is there to show."""

    element = "text"

    def __init__(self, server: Server, query: str = "") -> None:
        self.server, self.query = server, query
        self.page = ""
        self.widget = ""
        self.moved = 0

    async def open(self) -> None:
        """Connect and run the page once."""
        self.socket: ClientConnection = await connect(
            f"ws://127.0.0.1:{self.server.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.server.url,  # type: ignore[arg-type]
            max_size=None,
        )
        await self._rerun(None)
        if not self.widget:
            raise RuntimeError(f"{self.server.url} shows no control")

    async def move(self, value: float) -> float:
        """Move the slider; return the milliseconds to the first repaint."""
        message = BackMsg()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id = self.widget
        self.state(widget, value)
        return await self._rerun(message)

    def state(self, widget: Any, value: float) -> None:
        """Put the slider's value into `widget`."""
        widget.double_array_value.data.append(value)

    def seen(self, element: Any) -> bool:
        """Note a control; return whether `element` is what the page is there to show."""
        kind = element.WhichOneof("type")
        if kind == "slider":
            self.widget = element.slider.id
        return bool(kind == "text")

    async def _rerun(self, message: BackMsg | None) -> float:
        message = message or BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        begun = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        first = None
        while True:
            got = ForwardMsg()
            answer = await asyncio.wait_for(self.socket.recv(), _TIMEOUT_S)
            assert isinstance(answer, bytes)
            got.ParseFromString(answer)
            kind = got.WhichOneof("type")
            if kind == "new_session":
                self.page = got.new_session.page_script_hash
            if kind == "delta" and got.delta.WhichOneof("type") == "new_element":
                if self.seen(got.delta.new_element) and first is None:
                    first = time.perf_counter() - begun
            if kind == "script_finished":
                if first is None:
                    raise RuntimeError(f"{self.server.url} answered a move without a repaint")
                return 1000 * first


class LabSession(Session):
    """A session of the Risk lab; what it shows is a frame of the component."""

    def __init__(self, server: Server, query: str = "") -> None:
        super().__init__(server, query)
        self.values: Mapping[str, float] = {}

    async def set(self, values: Mapping[str, float]) -> float:
        """Commit values of several sliders at once."""
        self.values = values
        return await self.move(0.0)

    def state(self, widget: Any, value: float) -> None:
        """Put a commit into `widget`: what :meth:`set` gave, or the stop at `value`."""
        self.moved += 1
        values = dict(self.values) or {"risk.position_stop_loss": value}
        self.values = {}
        widget.json_value = json.dumps({"commit": {"n": self.moved, "values": values}})

    def seen(self, element: Any) -> bool:
        """Return whether `element` is a frame of the lab."""
        if element.WhichOneof("type") != "bidi_component":
            return False
        component = element.bidi_component
        if not component.id.endswith("-lab"):
            return False
        self.widget = component.id
        return True


async def crowd(
    floor: Server, lab: Server, query: str, *, sessions: int, blocks: int, moves: int
) -> tuple[list[list[float]], list[list[float]]]:
    """Let `sessions` sessions move sliders, floor and lab in turn.

    Every move of the lab is a setting that nobody had before: nothing comes from memory.

    Returns
    -------
    (floor, lab)
        Milliseconds to the first repaint of each move by block; one more block of the floor.
    """
    empty = [Session(floor) for _ in range(sessions)]
    labs = [LabSession(lab, query) for _ in range(sessions)]
    for one in (*empty, *labs):
        await one.open()
        await one.move(0.07 if isinstance(one, LabSession) else 7)
    floors, found = [], []
    for block in range(blocks):
        floors.append(await _block([_moving(s, block, moves, 1.0) for s in empty]))
        for k, one in enumerate(labs):
            await one.set(
                {
                    "risk.max_allowed_drawdown": 0.1 + 0.01 * k,
                    "risk.target_annual_vol": 0.1 + 0.01 * block,
                }
            )
        found.append(await _block([_moving(s, block, moves, 0.01) for s in labs]))
    floors.append(await _block([_moving(s, blocks, moves, 1.0) for s in empty]))
    for one in (*empty, *labs):
        await one.socket.close()
    return floors, found


async def _block(sessions: list[Any]) -> list[float]:
    return [took for one in await asyncio.gather(*sessions) for took in one]


async def _moving(session: Session, block: int, moves: int, step: float) -> list[float]:
    found = []
    for k in range(moves):
        found.append(await session.move((8 + k + block % 2) * step))
        await asyncio.sleep(THINK_S)
    return found


async def memory_per_session(lab: Server, query: str, *, sessions: int) -> float:
    """Return by how many bytes a session that stays open lets the server's memory grow.

    Each opens the page and moves a slider three times. Sessions before those that count fill what
    all share: caches, threads, the allocator's arenas.
    """
    kept: list[LabSession] = []

    async def more(count: int) -> None:
        for _ in range(count):
            one = LabSession(lab, query)
            await one.open()
            for _ in range(3):
                await one.set(
                    {"risk.position_stop_loss": 0.02 + 0.0005 * len(kept) + 0.1 * one.moved}
                )
            kept.append(one)

    await more(max(sessions // 2, 4))
    before = lab.resident_bytes()
    await more(sessions)
    grown = lab.resident_bytes() - before
    for one in kept:
        await one.socket.close()
    return grown / sessions
