"""What the journeys share: the stand-in, two people, and the program pointed at it."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server

import pytest

from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    """On the machine's time: Codex and the program read resets by their own clocks."""
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        yield back_end


@pytest.fixture
def people(back_end: StandIn, tmp_path: Path) -> dict[str, Login]:
    """A and B, each signed in to a Codex home of their own (`homes/A`, `homes/B`)."""
    logins = {name: make_login(name) for name in "AB"}
    for name, login in logins.items():
        back_end.add(login)
        home = tmp_path / "homes" / name
        home.mkdir(parents=True)
        (home / "auth.json").write_text(json.dumps(login.auth_json))
    return logins


@pytest.fixture
def free_port() -> int:
    """A port that nobody has just now."""
    with closing(create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def turntable(tmp_path: Path, back_end: StandIn, codex: Codex, free_port: int) -> Turntable:
    """The program, with the real Codex on its PATH and the stand-in as its back end."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "codex").symlink_to(codex.binary)
    env = codex.env
    return Turntable(
        tmp_path / "turntable",
        env
        | {
            "PATH": f"{programs}:{env['PATH']}",
            "TURNTABLE_PASSPHRASE": "correct horse battery staple",
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
            "TURNTABLE_PROXY_PORT": str(free_port),
        },
    )


@pytest.fixture
def signed_in_codex(codex: Codex, back_end: StandIn, people: dict[str, Login]) -> Codex:
    """The real Codex with a login of its own, A's, which its own look-ups are answered for."""
    codex.log_in(people["A"].auth_json)
    codex.meet(("127.0.0.1", back_end.port), "chatgpt.com", "auth.openai.com")
    return codex


@pytest.fixture
async def imported(turntable: Turntable, people: dict[str, Login], tmp_path: Path) -> None:
    """Both logins imported, each from its own home."""
    for name in people:
        await turntable.done("import", "--from", "codex", CODEX_HOME=str(tmp_path / "homes" / name))
