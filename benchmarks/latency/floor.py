"""The floor: the least a Streamlit app can do when a slider moves, on the server the lab has.

Usage: python benchmarks/latency/floor.py PORT. The same ASGI app class, the same configuration,
`gc.freeze()` and switch interval as the dashboard: without them a floor would be slow and every
ratio kind.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from streamlit.starlette import App

SWITCH_S = (
    0.0005  # as dashboard.asgi.SWITCH_S, which would load the dashboard; a test compares them
)
SCRIPT = Path(__file__).resolve().with_name("floor_app.py")


@asynccontextmanager
async def _lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
    yield {}


app = App(SCRIPT, lifespan=_lifespan)

if __name__ == "__main__":
    PORT = int(sys.argv[1])
    sys.argv = [str(SCRIPT)]  # Streamlit takes it for the script that starts it
    app.run(config={"server.address": "127.0.0.1", "server.port": PORT, "server.headless": True})
