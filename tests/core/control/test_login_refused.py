"""Every bad end of a sign-in: a code, a sentence, what helps; and nothing kept has changed."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.login import SignInStep, login
from core.domain.errors import CoreError
from core.standin import replies
from core.standin.people import make_person
from core.standin.script import Cut, Effect, Endpoint, Issues
from core.standin.server import StandIn
from tests.core.control.apps import free_port, make_app
from tests.core.oauth.browser import Browser
from tests.fakes.clock import FakeClock

VAULT = "a fake passphrase"
CALLBACK = "http://127.0.0.1:1455/auth/callback"
ADA = make_person("A", user="user-ada", email="ada@example.com", workspace="acct-ada")
BELA = make_person("B", user="user-bela", email="bela@example.com", workspace="acct-bela")


class World:
    """Ada is signed in; whoever comes next fails."""

    def __init__(self, app: App, back_end: StandIn, browser: Browser) -> None:
        self.app = app
        self.back_end = back_end
        self.browser = browser
        self.adas_address = ""

    async def begin(self, **wish: bool) -> SignInStep:
        return await login(self.app, Arguments({"passphrase": VAULT, **wish}))

    async def goes_on(self, step: SignInStep, **values: str) -> SignInStep:
        assert step.session is not None
        return await login(self.app, Arguments({"session": step.session, **values}))

    async def ends(self, step: SignInStep, **values: str) -> SignInStep:
        """The last step; raises what it ended with."""
        while step.session is not None:
            step = await self.goes_on(step, **values)
            values = {}
        return step

    async def signs_in(self, user: str, change: Callable[[str], str] = str) -> SignInStep:
        """A sign-in by paste; `change` is what went wrong on the way."""
        step = await self.begin(paste=True)
        address = await self.browser.returned_to(step.url or "", user)
        if user == "A":
            self.adas_address = address
        return await self.ends(step, pasted=change(address))

    def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row that a sign-in could change."""
        tables = ("state", "secret", "slot", "vault", "refresh_intent")
        with sqlite3.connect(f"file:{self.app.home.vault}?mode=ro", uri=True) as file:
            found = {t: file.execute(f"SELECT * FROM {t}").fetchall() for t in tables}
        file.close()
        return found


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    async with StandIn(now=clock.now) as back_end:
        back_end.enrol(ADA)
        back_end.enrol(BELA)
        back_end.devices.interval = timedelta(seconds=1)
        browser = Browser()
        app = make_app(
            tmp_path,
            clock,
            upstream_base_url=back_end.base_url,
            upstream_auth_url=back_end.auth_url,
            proxy_port=str(free_port()),
        )
        await app.serve("serve")
        world = World(app, back_end, browser)
        assert (await world.signs_in("A")).step == "joined"
        yield world
        await app.close()
        await browser.close()


def query(address: str, **changed: str | None) -> str:
    """The callback's address with other parameters; None takes one away."""
    known = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    fields = {name: value for name, value in (known | changed).items() if value is not None}
    return f"{CALLBACK}?{urlencode(fields)}"


def pasted(change: Callable[[str], str]) -> Callable[[World], Awaitable[object]]:
    return lambda world: world.signs_in("B", change)


def answered(effect: Effect) -> Callable[[World], Awaitable[object]]:
    """The issuer answers the exchange so."""

    async def act(world: World) -> object:
        world.back_end.next(None, effect, on=Endpoint.EXCHANGE)
        return await world.signs_in("B")

    return act


def device(on: Endpoint, effect: Effect) -> Callable[[World], Awaitable[object]]:
    async def act(world: World) -> object:
        world.back_end.next(None, effect, on=on)
        return await world.ends(await world.begin(device=True))

    return act


async def reuse(world: World) -> object:
    """Ada's address once more: an issuer may end her login when it sees the code again."""
    return await world.signs_in("B", lambda _: world.adas_address)


REFUSED = [
    pytest.param(pasted(lambda a: query(a, state="x" * 43)), "wrong_state", id="wrong state"),
    pytest.param(pasted(lambda a: query(a, code=None)), "nothing_pasted", id="no code"),
    pytest.param(
        pasted(lambda a: query(a, code=None, error="access_denied")),
        "sign_in_denied",
        id="access_denied",
    ),
    pytest.param(reuse, "wrong_state", id="the address of an earlier sign-in"),
    pytest.param(
        answered(replies.oauth_error("invalid_grant")), "sign_in_refused", id="a code that was used"
    ),
    pytest.param(answered(replies.captive_portal()), "issuer_unreadable", id="HTML"),
    pytest.param(answered(Issues(claims=False)), "login_no_identity", id="a JWT without claims"),
    pytest.param(
        answered(Issues(without=("refresh_token",))), "issuer_unreadable", id="half a login"
    ),
    pytest.param(answered(Cut()), "issuer_unreachable", id="a cut"),
    pytest.param(
        device(Endpoint.DEVICE_TOKEN, replies.error(400, "Late.", code="expired_token")),
        "sign_in_timed_out",
        id="a device code that expired",
    ),
    pytest.param(
        device(Endpoint.DEVICE_CODE, replies.captive_portal()),
        "issuer_unreadable",
        id="HTML instead of a device code",
    ),
    pytest.param(
        device(Endpoint.DEVICE_CODE, replies.not_found()),
        "device_not_enabled",
        id="no device codes here",
    ),
]


@pytest.mark.parametrize(("act", "code"), REFUSED)
async def test_a_bad_sign_in_is_a_sentence_and_changes_nothing(
    world: World, act: Callable[[World], Awaitable[object]], code: str
) -> None:
    before = world.kept()
    with pytest.raises(CoreError) as caught:
        await act(world)
    assert caught.value.code == code
    assert caught.value.message.endswith((".", "?"))
    assert caught.value.hint
    assert world.kept() == before
    assert not any(family.revoked for family in world.back_end.issuer.families)
    # And the way is free for the next one.
    assert (await world.signs_in("B")).step == "joined"


@pytest.mark.parametrize("said", [pytest.param(0, id="zero"), pytest.param(-60, id="negative")])
async def test_a_lifetime_that_is_none_does_not_spoil_a_sign_in(world: World, said: int) -> None:
    world.back_end.next(None, Issues(expires_in=said), on=Endpoint.EXCHANGE)
    assert (await world.signs_in("B")).step == "joined"
