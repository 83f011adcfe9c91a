"""A Codex home with A's login in it, and B signed in here."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.codex_home.app_server import CodexAccount
from core.codex_home.auth_json import read_login
from core.domain.account import Account, AccountId
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.switch.preflight import Config
from core.switch.record import Records
from core.switch.switcher import Surroundings, Switcher
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock

A = make_login("A", email="ada@example.com")
B = make_login("B", email="bob@example.com")


class CutShortError(BaseException):
    """What a crash is here: nothing catches it."""


@dataclass(kw_only=True)
class World:
    """Codex and its surroundings as a test wants them."""

    home: Path
    config: dict[str, object] = field(default_factory=dict)
    running: tuple[int, ...] | None = ()
    crash_in: str = ""
    says: CodexAccount | None = None

    def surroundings(self) -> Surroundings:
        async def config() -> Config:
            return self.config

        async def who() -> CodexAccount | None:
            self._crash("who")
            if self.says is not None:
                return self.says
            path = self.home / "auth.json"
            if not path.exists():
                return CodexAccount(kind="", email="", plan="")
            login = read_login(path.read_text())
            return CodexAccount(kind="chatgpt", email=login.email, plan=login.plan)

        async def landed(account: AccountId) -> None:
            self._crash("landed")

        return Surroundings(config=config, running=lambda: self.running, who=who, landed=landed)

    def _crash(self, where: str) -> None:
        if self.crash_in == where:
            raise CutShortError


@pytest.fixture
async def parts(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Parts]:
    async with (
        StandIn(now=clock.now) as back_end,
        build(tmp_path, clock, back_end) as parts,
    ):
        yield parts


@pytest.fixture
def home(parts: Parts) -> Path:
    """Codex's, with A's login as Codex has written it."""
    return parts.source(A).parent


@pytest.fixture
def world(home: Path) -> World:
    return World(home=home)


@pytest.fixture
async def bob(parts: Parts) -> Account:
    """B, whose refresh token only we present."""
    return await parts.signed_in(B)


def switcher_of(parts: Parts, world: World) -> Switcher:
    return Switcher(
        world.home,
        store=parts.store,
        vault=parts.vault,
        roster=parts.roster,
        records=Records(parts.folder / "switches"),
        world=world.surroundings(),
        clock=parts.clock,
    )


def logged_in(home: Path) -> Login | None:
    """Whose login stands in the file."""
    try:
        token = json.loads((home / "auth.json").read_bytes())["tokens"]["refresh_token"]
    except FileNotFoundError:
        return None
    return next((login for login in (A, B) if login.refresh_token == token), None)
