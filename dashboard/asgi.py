"""The web server: Streamlit's ASGI app, warmed up before it serves, with its own guarded route."""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit import config
from streamlit.starlette import App

from core.errors import CoreError
from core.simulation import warm_up
from dashboard.base_address import NamesTheServer
from dashboard.guard import Guard, SameOrigin, TokenBucket, answer
from dashboard.home import ensure_demo, home_folder
from dashboard.late import DropLate
from dashboard.progress import engine_words
from dashboard.warming import warm_up_studies
from data.errors import DataError

__all__ = ["FRONT", "HEALTH", "SWITCH_S", "app", "freeze", "guard", "prepare", "serve"]

HEALTH: Final = "/plimsoll/health"
REQUESTS_PER_SECOND: Final = 20.0
REQUESTS_AT_ONCE: Final = 60.0
# What every page imports: loaded before the freeze, so that no collection looks at it again.
_PAGES: Final = (
    "dashboard.lab.component", "dashboard.lab.payload", "dashboard.views.cards",
    "dashboard.views.findings", "dashboard.views.tables", "dashboard.views.toolbar",
)  # fmt: skip
_SCRIPT: Final = Path(__file__).resolve().with_name("app.py")
_VERSION: Final = version("plimsoll")
_STATE: Final[dict[str, int]] = {"frozen": 0}
# Seconds after which a thread that computes hands the interpreter to one that asks for it, as the
# one that sends does for every message, several times. Python's own 0.005 is a pause that adds up.
SWITCH_S: Final = 0.0005
_LOG: Final = logging.getLogger(__name__)

guard = Guard(
    TokenBucket(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE),
    hosts=lambda: config.get_option("server.allowedHosts") or (),
)


def prepare(progress: Callable[[str, float], None] | None = None) -> None:
    """Make the demo market where it is missing and compile the engine, or load it compiled.

    Raises
    ------
    core.errors.CoreError, data.errors.DataError, OSError
    """
    ensure_demo(home_folder(), progress)
    if progress is not None:
        progress(engine_words(home_folder()), 0.5)
    warm_up()


def freeze() -> None:
    """Load what the pages import and take all that is loaded out of garbage collection.

    Whoever collects all generations, as Python does now and then, does not look at it again; that
    takes most of the time a rerun does.
    """
    for name in _PAGES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _STATE["frozen"] = gc.get_freeze_count()  # counting them takes milliseconds: not per request
    atexit.register(gc.unfreeze)  # or compiled libraries report leaks when we end


async def _health(request: Request) -> Response:
    if request.url.query:
        return answer(400, "this address takes no query")
    return JSONResponse(
        {"status": "ok", "plimsoll": _VERSION, "frozen_objects": _STATE["frozen"]},
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


async def _front_page(request: Request) -> Response:
    # The page that opens first has no name of its own in an address: its name leads to it.
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}", 307)


@asynccontextmanager
async def _lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
    try:
        await asyncio.to_thread(prepare)
    except (CoreError, DataError, OSError) as error:
        _LOG.warning("not ready yet, the page will say why: %s", error)
    freeze()
    sys.setswitchinterval(SWITCH_S)
    # Studies behind the page need more compiled than a run does; no page waits for it.
    threading.Thread(target=warm_up_studies, name="warm-up", daemon=True).start()
    yield {}


FRONT: Final = Route("/risk", _front_page, methods=["GET"])
# Every method reaches the guard: it says what is wrong, and says it as JSON.
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
app = App(
    _SCRIPT,
    lifespan=_lifespan,
    routes=[Route(HEALTH, guard(_health), methods=_METHODS), FRONT],
    middleware=[Middleware(SameOrigin), Middleware(NamesTheServer), Middleware(DropLate)],
)


def serve(port: int) -> None:
    """Serve on 127.0.0.1 until Ctrl-C or SIGTERM; the working folder holds ``.streamlit``."""
    sys.argv = [str(_SCRIPT)]  # Streamlit takes it for the script that starts it
    app.run(
        config={
            "server.address": "127.0.0.1",
            "server.port": port,
            "server.headless": True,  # whoever starts us opens the browser
            "server.allowedHosts": ["127.0.0.1", "localhost"],
            "logger.hideWelcomeMessage": True,
        }
    )
