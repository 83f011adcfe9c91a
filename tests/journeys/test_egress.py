"""Behind an egress proxy, with an authority of the company's: everything goes through it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.fakes.connect_proxy import Authority, ConnectProxy
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex
LOGIN = "user:fake-proxy-password"


@pytest.fixture
async def back_end(websocket: bool) -> AsyncIterator[StandIn]:
    """Known as chatgpt.com behind the proxy, and nowhere else."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=websocket) as back_end:
        yield back_end


@pytest.fixture
async def egress(back_end: StandIn, authority: Authority) -> AsyncIterator[ConnectProxy]:
    """The only way out; it wants a login."""
    there = ("127.0.0.1", back_end.port)
    hosts = {"chatgpt.com": there, "auth.openai.com": there}
    async with ConnectProxy(authority, hosts, login=LOGIN) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("websocket", "by_setting"),
    [
        pytest.param(False, True, id="HTTPS, by the setting"),
        pytest.param(True, False, id="WebSocket, by the environment"),
    ],
)
async def test_imports_turns_and_look_ups_leave_through_the_egress_proxy(
    turntable: Turntable,
    signed_in_codex: Codex,
    egress: ConnectProxy,
    authority: Authority,
    tmp_path: Path,
    *,
    by_setting: bool,
) -> None:
    address = egress.url.replace("://", f"://{LOGIN}@")
    turntable.env |= {
        "TURNTABLE_UPSTREAM_BASE_URL": "https://chatgpt.com/backend-api",
        "TURNTABLE_UPSTREAM_AUTH_URL": "https://auth.openai.com",
        "TURNTABLE_UPSTREAM_CA_FILE": str(authority.bundle),
    }
    for name in [name for name in turntable.env if name.lower().endswith("_proxy")]:
        del turntable.env[name]
    turntable.env["TURNTABLE_UPSTREAM_PROXY" if by_setting else "HTTPS_PROXY"] = address
    source = str(tmp_path / "homes" / "A")
    answer = await turntable.done("import", "--from", "codex", CODEX_HOME=source)
    assert answer["checked"] is True
    looked_up = len(egress.opened)
    assert looked_up
    async with turntable.serve():
        await turntable.done("bind", NO_PROXY="127.0.0.1,localhost")
        run = await signed_in_codex.exec("say hi")
        assert (run.answers, run.errors, run.exit_code) == (("Hello from A.",), (), 0)
        shown = json.dumps(await turntable.done("status"))
    assert len(egress.opened) > looked_up
    assert egress.refused == []
    assert "fake-proxy-password" not in shown
    logged = (turntable.home / "log" / "turntable.log").read_text()
    assert "fake-proxy-password" not in logged
