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
import tomllib
from pathlib import Path

import httpx

from core.app import App
from core.control.local import LocalFacade
from core.control.visitor import Visitor
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.runtime.paths import Home
from core.standin.people import make_login
from core.standin.server import StandIn
from core.words.speech import Speech

_HINT = "Look for a firewall or a security program that watches connections to 127.0.0.1."


async def try_path(back_end: StandIn, *, clock: Clock, speech: Speech) -> float:
    """Ask one turn of `back_end`, which is started, through a proxy of its own.

    Returns:
        Seconds from the question to the last byte of the answer.

    Raises:
        CoreError: `path_broken`: the turn did not arrive, or not as it was sent; or as the private
            program could not begin.
    """
    login = make_login("Ada")
    back_end.add(login)
    with tempfile.TemporaryDirectory(prefix="turntable-verify-") as name:
        folder = Path(name)
        source, config = folder / "auth.json", folder / "codex" / "config.toml"
        source.write_text(json.dumps(login.auth_json), encoding="utf-8")
        config.parent.mkdir()
        app = _private_app(folder, back_end, clock=clock, speech=speech)
        try:
            await app.serve("serve")
            facade = LocalFacade(app)
            await facade.perform("import", {"file": str(source)})
            await facade.perform("bind", {})
            address = tomllib.loads(config.read_text("utf-8"))["openai_base_url"]
            began = clock.monotonic()
            await _ask(address)
            seconds = clock.monotonic() - began
        finally:
            await app.close()
    served = [turn.account for turn in back_end.turns()]
    if served != [login.name]:
        message = Sentence(
            "The made-up back end saw {count} turns instead of one.", count=len(served)
        )
        raise CoreError("path_broken", message, _HINT)
    return seconds


def _private_app(folder: Path, back_end: StandIn, *, clock: Clock, speech: Speech) -> App:
    return App(
        home=Home(root=folder / "turntable"),
        # No PATH: an installed Codex has no part in this.
        environment={"CODEX_HOME": str(folder / "codex"), "PATH": ""},
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


async def _ask(address: str) -> None:
    try:
        status, content = await Visitor().answer(address)
    except httpx.HTTPError as error:
        message = Sentence(
            "A turn through the proxy was cut off ({why}).", why=type(error).__name__
        )
        raise CoreError("path_broken", message, _HINT) from None
    if status != httpx.codes.OK or b"response.completed" not in content:
        message = Sentence(
            "A turn through the proxy came back with {status}, and not as it was sent.",
            status=status,
        )
        raise CoreError("path_broken", message, _HINT)


def _free_port() -> int:
    """A loopback port that nobody has; the proxy takes the next one if somebody was faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
