"""The real parts that keep and refresh logins, over a throw-away folder and the stand-in."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.accounts.imports import Importer
from core.accounts.roster import Candidate, Roster
from core.codex_home.auth_json import read_login
from core.domain.account import Account, AccountId, Refresher
from core.domain.events import Event
from core.oauth.elsewhere import Elsewhere
from core.oauth.lane import Lane
from core.oauth.ours import Ours
from core.oauth.refresh import Authoriser
from core.runtime.clock import Clock
from core.standin.people import Login
from core.standin.server import StandIn
from core.storage.database import Database, open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.slots import ScryptCost
from core.storage.store import Store, load_store
from core.storage.vault import Vault, load_vault

PASSPHRASE = "a fake passphrase"
CHEAP = ScryptCost(n=16, r=8, p=1)


@dataclass(kw_only=True)
class Parts:
    """Everything that a login touches; `env` is what Codex is looked for and started with."""

    folder: Path
    clock: Clock
    back_end: StandIn
    database: Database
    store: Store
    vault: Vault
    lane: Lane
    ours: Ours
    authoriser: Authoriser
    roster: Roster
    importer: Importer
    env: dict[str, str]
    announced: list[Event]

    def source(self, login: Login, name: str = "auth.json") -> Path:
        """The file of one CODEX_HOME, with `login` in it as Codex would write it."""
        path = self.folder / f"home-{login.person.name}" / name
        path.parent.mkdir(exist_ok=True)
        write_login(path, login.auth_json)
        return path

    def install_codex(self) -> None:
        """A `codex` on the PATH that cannot help: it writes down that it was asked, and ends."""
        program = self.folder / "bin" / "codex"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$CODEX_HOME" "$@" >> {self.folder}/asked\n')
        program.chmod(0o755)

    async def imported(self, login: Login) -> Account:
        """Known to the back end, written to a source, imported."""
        self.back_end.add(login)
        return (await self.importer.import_login(self.source(login))).account

    async def signed_in(self, login: Login) -> Account:
        """Known to the back end, and signed in here: its refresh token is ours to present."""
        self.back_end.add(login)
        candidate = Candidate(
            login=read_login(json.dumps(login.auth_json)),
            refresher=Refresher.TURNTABLE,
            source=None,
        )
        return (await self.roster.admit(candidate)).account

    @property
    def refreshes(self) -> int:
        """How many refresh tokens were presented at the issuer, by whomever."""
        return sum(one.path == "/oauth/token" for one in self.back_end.requests)

    async def token(self, account: AccountId) -> str | None:
        """The access token that the next request of this account carries."""
        grant = await self.authoriser.authorise(account)
        return None if grant is None else grant.access_token


def write_login(path: Path, auth_json: Mapping[str, Any]) -> None:
    """Replace the file as Codex does: beside it, then renamed."""
    beside = path.with_name(".auth-fake")
    beside.write_text(json.dumps(auth_json, indent=2))
    beside.chmod(0o600)
    beside.replace(path)


def _connect() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, verify=False)


async def _no_time(_: float) -> None:
    """No time passes."""
    await asyncio.sleep(0)


@asynccontextmanager
async def parts(
    folder: Path,
    clock: Clock,
    back_end: StandIn,
    *,
    sleep: Callable[[float], Awaitable[None]] = _no_time,
) -> AsyncIterator[Parts]:
    """Built as the program builds them, with a vault that a cheap passphrase opens.

    `sleep` is how long another Codex has to write newer tokens before ours is asked.
    """
    announced: list[Event] = []
    database = await open_database(folder / "vault.db", VAULT_SCHEMA)
    vault = await load_vault(database, clock=clock, cost=CHEAP)
    store = await load_store(database, publish=announced.extend)
    env = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    lane = Lane(clock, draw=lambda: 0.0, gap_s=lambda: 0.0)
    ours = Ours(
        vault=vault,
        lane=lane,
        clock=clock,
        connect=_connect,
        auth_url=lambda: back_end.auth_url,
    )
    authoriser = Authoriser(
        store=store,
        vault=vault,
        elsewhere=Elsewhere(env=env, lane=lane, clock=clock, sleep=sleep),
        ours=ours,
        clock=clock,
        refresh_before_s=lambda: 300.0,
    )
    roster = Roster(
        store=store,
        vault=vault,
        unlock=lambda: vault.unlock(passphrase=PASSPHRASE),
        landed=authoriser.landed,
        clock=clock,
        draw=os.urandom,
    )
    importer = Importer(
        roster=roster,
        connect=_connect,
        base_url=back_end.base_url,
        now=clock.now,
    )
    try:
        yield Parts(
            folder=folder,
            clock=clock,
            back_end=back_end,
            database=database,
            store=store,
            vault=vault,
            lane=lane,
            ours=ours,
            authoriser=authoriser,
            roster=roster,
            importer=importer,
            env=env,
            announced=announced,
        )
    finally:
        await authoriser.close()
        await store.close()
        await vault.close()
        await database.close()
