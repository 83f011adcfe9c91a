"""An app with one account that was signed in here, beside the stand-in; nothing serves."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.accounts.roster import Candidate
from core.app import App
from core.codex_home.auth_json import read_login
from core.domain.account import Refresher
from core.standin.people import Login
from core.standin.server import StandIn
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock

VAULT = "a fake passphrase"


@asynccontextmanager
async def holding(
    folder: Path, clock: FakeClock, back_end: StandIn, login: Login
) -> AsyncIterator[App]:
    """The folder is owned, and `login` is the account Work."""
    app = make_app(folder, clock, upstream_base_url=back_end.base_url)
    await app.hold("a test")
    app.offer(VAULT)
    found = read_login(json.dumps(login.auth_json))
    candidate = Candidate(login=found, refresher=Refresher.TURNTABLE, source=None, label="Work")
    await app.joining.roster.admit(candidate)
    try:
        yield app
    finally:
        await app.close()
