"""Over TLS: a certificate that nobody vouches for gets no key, and time limits hold as well."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest

from data.net.errors import TimedOutError, UnreachableError
from data.net.pacing import Pace
from data.net.retry import RetryPolicy
from data.providers.base import BarsComplete
from data.providers.polygon import PolygonProvider
from data.providers.polygon_settings import PolygonSettings
from tests.data.providers.bars import expected_bars
from tests.data.providers.conftest import QUICK
from tests.loopback import faults as wrong
from tests.loopback.market import FIRST, LAST, Market
from tests.loopback.polygon import KEY, PolygonProtocol
from tests.loopback.server import LoopbackServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 that only these tests trust, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the tests' certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "cert.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=loopback"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture
def server(certificate: tuple[Path, Path], market: Market) -> Iterator[LoopbackServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with LoopbackServer(PolygonProtocol(market), tls=context) as running:
        yield running


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(certificate[0]))


def provider(server: LoopbackServer, retry: RetryPolicy = QUICK) -> PolygonProvider:
    environ = {"POLYGON_API_KEY": KEY, "POLYGON_BASE_URL": server.url}
    return PolygonProvider(PolygonSettings(pace=Pace(0.001), retry=retry), environ)


def test_a_certificate_that_nobody_vouches_for_gets_no_key(server: LoopbackServer) -> None:
    with pytest.raises(UnreachableError, match="SSLError"):
        provider(server).bars("N000", FIRST, LAST)
    assert server.meter.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_trusted_server_is_believed(server: LoopbackServer, market: Market) -> None:
    asking = provider(server)
    for outcome in asking.fetch_bars(["N000", "N001", "DIVI"], FIRST, LAST):
        assert isinstance(outcome, BarsComplete)
        assert outcome.bars.equals(expected_bars(market, outcome.ticker))
    asking.close()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("fault", [wrong.drip(0.02), wrong.hang(600.0)])
def test_a_slow_answer_ends_in_time_and_the_next_one_is_whole(
    server: LoopbackServer,
    market: Market,
    fault: wrong.Fault,
    quick_with: Callable[..., RetryPolicy],
) -> None:
    asking = provider(server, quick_with(attempts=1, attempt_seconds=0.5))
    server.faults.on("N000", fault)
    with pytest.raises(TimedOutError, match="was too slow"):
        asking.bars("N000", FIRST, LAST)
    asking.close()
    asking = provider(server)
    outcome = asking.bars("N000", FIRST, LAST)
    assert isinstance(outcome, BarsComplete)
    assert outcome.bars.equals(expected_bars(market, "N000"))
    asking.close()
