"""One turn through a proxy of its own, to a made-up back end and back: does the path work here?

Nothing of the user's is read or written and nothing real is contacted: a made-up login comes into a
data folder that goes afterwards, a made-up Codex is bound to a private port, and one turn is asked
as Codex asks. What can stand in its way is this machine: a firewall, a security program, a loopback
without IPv4, a disk, a package with a part missing.
"""

import json
import secrets
import socket
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.app import App
from core.control.local import LocalFacade
from core.control.visitor import Visitor
from core.domain.errors import CoreError
from core.runtime.clock import Clock
from core.runtime.paths import Home
from core.standin.people import make_login
from core.standin.server import StandIn
from core.words.speech import Speech

_HINT = "Look for a firewall or a security program that watches connections to 127.0.0.1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A turn that arrived.

    Attributes:
        seconds: from the question to the last byte of the answer.
    """

    seconds: float


async def try_path(back_end: StandIn, *, clock: Clock, speech: Speech) -> Trial:
    """Ask one turn of `back_end`, which is started, through a proxy of its own.

    Raises:
        CoreError: `path_broken`: the turn did not arrive, or not as it was sent; or as the private
            program could not begin.
    """
    with tempfile.TemporaryDirectory(prefix="turntable-verify-") as name:
        folder = Path(name)
        codex_home = folder / "codex"
        codex_home.mkdir()
        login = make_login("Ada")
        back_end.add(login)
        source = folder / "auth.json"
        source.write_text(json.dumps(login.auth_json), encoding="utf-8")
        app = App(
            home=Home(root=folder / "turntable"),
            # No PATH: an installed Codex has no part in this.
            environment={"CODEX_HOME": str(codex_home), "PATH": ""},
            user_home=folder,
            clock=clock,
            speech=speech,
            passphrase=secrets.token_urlsafe(16),
            overrides={
                "upstream.base_url": back_end.base_url,
                "upstream.auth_url": back_end.auth_url,
                "proxy.port": str(_free_port()),
                "bind.watch": "false",
            },
        )
        try:
            await app.serve("serve")
            facade = LocalFacade(app)
            await facade.perform("import", {"file": str(source)})
            await facade.perform("bind", {})
            config = tomllib.loads((codex_home / "config.toml").read_text("utf-8"))
            trial = await _asked(config["openai_base_url"])
        finally:
            await app.close()
    served = [turn.account for turn in back_end.turns()]
    if served != [login.name]:
        message = f"The made-up back end saw {len(served)} turns instead of one."
        raise CoreError("path_broken", message, _HINT)
    return trial


async def _asked(address: str) -> Trial:
    began = time.perf_counter()
    try:
        status, content = await Visitor().answer(address)
    except httpx.HTTPError as error:
        message = f"A turn through the proxy was cut off ({type(error).__name__})."
        raise CoreError("path_broken", message, _HINT) from None
    if status != httpx.codes.OK or b"response.completed" not in content:
        message = f"A turn through the proxy came back with {status}, and not as it was sent."
        raise CoreError("path_broken", message, _HINT)
    return Trial(seconds=time.perf_counter() - began)


def _free_port() -> int:
    """A loopback port that nobody has; the proxy takes the next one if somebody was faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
