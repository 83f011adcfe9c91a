"""Signing in at the stand-in issuer, in the three ways, and every way in which it can fail."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from core.codex_home.auth_json import CodexLogin
from core.domain.errors import CoreError, ExitCode
from core.oauth.login import (
    Obtained,
    Redeeming,
    SignIn,
    Step,
    TypeCode,
    Unproven,
    Visit,
    Wish,
)
from core.standin import replies
from core.standin.people import jwt, make_login, make_person
from core.standin.replies import Reply
from core.standin.script import Cut, Denies, Endpoint
from core.standin.server import StandIn
from core.words.speech import english
from tests.core.oauth.browser import Browser
from tests.core.oauth.ports import free_ports
from tests.fakes.clock import FakeClock

ADA = make_person("A", user="user-ada", email="ada@example.com", workspace="acct-personal")
TEAM = make_person(
    "T", user="user-ada", email="ada@example.com", workspace="acct-team", plan="team"
)


@pytest.fixture
def ports() -> tuple[int, ...]:
    return free_ports()


@pytest.fixture
async def back_end(clock: FakeClock, ports: tuple[int, ...]) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now, redirect_ports=ports) as back_end:
        back_end.enrol(ADA)
        yield back_end
        assert back_end.violations == []


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    browser = Browser()
    yield browser
    await browser.close()


class Waits:
    """How long a sign-in has waited between its questions; no time really passes.

    Attributes:
        seconds: each wait.
        then: called after each, with their number.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.seconds: list[float] = []
        self.then: Callable[[int], None] = lambda _: None

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._clock.advance(seconds)
        self.then(len(self.seconds))
        await asyncio.sleep(0)


@pytest.fixture
def waits(clock: FakeClock) -> Waits:
    return Waits(clock)


@pytest.fixture
def sign_in(back_end: StandIn, clock: FakeClock, ports: tuple[int, ...], waits: Waits) -> SignIn:
    return SignIn(
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        auth_url=back_end.auth_url,
        clock=clock,
        draw=os.urandom,
        speech=english(),
        ports=ports,
        sleep=waits.sleep,
    )


class Face:
    """What a face does: shows each step, and keeps what it was shown."""

    def __init__(self, steps: AsyncIterator[Step]) -> None:
        self._steps = steps
        self.seen: list[Step] = []
        self.visited: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self) -> CodexLogin:
        async for step in self._steps:
            self.seen.append(step)
            if isinstance(step, Visit):
                self.visited.set_result(step.url)
        (obtained,) = (step for step in self.seen if isinstance(step, Obtained))
        return obtained.login

    @property
    def kinds(self) -> list[type[Step]]:
        return [type(step) for step in self.seen]


async def _with_browser(
    steps: AsyncIterator[Step], act: Callable[[str], Awaitable[object]]
) -> tuple[CodexLogin, object]:
    """Follow the steps while somebody acts in a browser; the login and what they saw last."""
    face = Face(steps)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(face.run())
        acting = group.create_task(act(await face.visited))
    assert face.kinds == [Visit, Redeeming, Obtained]
    return running.result(), acting.result()


async def _fails(steps: AsyncIterator[Step], act: Callable[[str], Awaitable[object]]) -> CoreError:
    face = Face(steps)
    running = asyncio.ensure_future(face.run())
    await act(await face.visited)
    with pytest.raises(CoreError) as caught:
        await running
    return caught.value


# With the browser


async def test_a_browser_signs_in_and_the_login_is_ours(
    sign_in: SignIn, browser: Browser, back_end: StandIn, ports: tuple[int, ...]
) -> None:
    async def act(url: str) -> httpx.Response:
        return await browser.sign_in(url, "ada@example.com")

    login, page = await _with_browser(sign_in.browser(), act)
    assert (login.identity.user, login.identity.workspace) == ("user-ada", "acct-personal")
    assert (login.email, login.plan) == ("ada@example.com", "plus")
    (family,) = back_end.issuer.families
    assert login.credentials.refresh_token == family.login.refresh_token
    assert login.credentials.expires_at == family.login.expires_at
    assert isinstance(page, httpx.Response)
    assert 'id="signed-in"' in page.text
    assert browser.last_address == f"http://127.0.0.1:{ports[0]}/result", "nothing in the address"
    assert page.headers["cache-control"] == "no-store"


async def test_the_second_port_serves_when_the_first_is_taken(
    sign_in: SignIn, browser: Browser, ports: tuple[int, ...]
) -> None:
    heard = []

    def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", ports[0]):
        await _with_browser(sign_in.browser(), lambda url: browser.sign_in(url, "A"))
    assert browser.last_address == f"http://127.0.0.1:{ports[1]}/result"
    assert heard == [], "somebody else's sign-in is not cancelled"


async def test_two_sign_ins_in_a_row_are_two_accounts(
    sign_in: SignIn, browser: Browser, back_end: StandIn
) -> None:
    back_end.enrol(make_person("B"))
    first, _ = await _with_browser(sign_in.browser(), lambda url: browser.sign_in(url, "A"))
    second, _ = await _with_browser(
        sign_in.browser(Wish(fresh=True)), lambda url: browser.sign_in(url, "B")
    )
    assert first.identity != second.identity


async def test_only_the_workspace_that_was_asked_for_is_taken(
    sign_in: SignIn, browser: Browser, back_end: StandIn
) -> None:
    back_end.enrol(TEAM)
    login, _ = await _with_browser(
        sign_in.browser(Wish(workspaces=("acct-team",))), lambda url: browser.sign_in(url, "A")
    )
    assert login.identity.workspace == "acct-team"


async def test_an_issuer_that_gives_another_workspace_is_not_believed(
    sign_in: SignIn, browser: Browser, back_end: StandIn
) -> None:
    other = make_login("T", user="user-ada", workspace="acct-team")
    tokens = {
        "id_token": other.id_token,
        "access_token": other.access_token,
        "refresh_token": other.refresh_token,
    }
    back_end.next(None, replies.as_json(200, tokens), on=Endpoint.EXCHANGE)
    wish = Wish(workspaces=("acct-personal",))
    error = await _fails(sign_in.browser(wish), lambda url: browser.sign_in(url, "A"))
    assert error.code == "other_workspace"


async def test_a_callback_of_somebody_else_does_not_end_the_wait(
    sign_in: SignIn, browser: Browser, ports: tuple[int, ...]
) -> None:
    async def act(url: str) -> httpx.Response:
        foreign = f"http://127.0.0.1:{ports[0]}/auth/callback?code=stolen&state=guessed"
        page = await browser.open(foreign)
        assert page.status_code == 400
        assert 'id="not-ours"' in page.text
        return await browser.sign_in(url, "A")

    login, _ = await _with_browser(sign_in.browser(), act)
    assert login.identity.user == "user-ada"


async def test_a_denial_is_told_at_once_in_both_places(sign_in: SignIn, browser: Browser) -> None:
    pages = []

    async def act(url: str) -> None:
        pages.append(await browser.deny(url))

    error = await _fails(sign_in.browser(), act)
    assert error.code == "sign_in_denied"
    assert "The user said no." in error.message
    assert error.exit_code is ExitCode.SIGN_IN_NEEDED
    assert 'id="failed"' in pages[0].text
    assert "The user said no." in pages[0].text
    assert "state=" not in browser.last_address


async def test_a_workspace_without_codex_is_named(
    sign_in: SignIn, browser: Browser, back_end: StandIn
) -> None:
    back_end.next("A", Denies(description="missing_codex_entitlement"), on=Endpoint.AUTHORIZE)
    error = await _fails(sign_in.browser(), lambda url: browser.sign_in(url, "A"))
    assert error.code == "no_codex_here"


async def test_a_browser_that_never_comes_back_is_given_up(sign_in: SignIn) -> None:
    async def act(_: str) -> None:
        """The person has closed the tab."""

    error = await _fails(sign_in.browser(timeout_s=0.05), act)
    assert error.code == "sign_in_timed_out"


async def test_another_programs_sign_in_goes_before_ours(
    sign_in: SignIn, browser: Browser, ports: tuple[int, ...]
) -> None:
    error = await _fails(
        sign_in.browser(), lambda _: browser.open(f"http://127.0.0.1:{ports[0]}/cancel")
    )
    assert error.code == "sign_in_cancelled"


async def test_taken_ports_are_named_with_their_owner(
    sign_in: SignIn, ports: tuple[int, ...]
) -> None:
    servers = [await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", p) for p in ports]
    with pytest.raises(CoreError) as caught:
        await anext(aiter(sign_in.browser()))
    assert caught.value.code == "ports_taken"
    assert f"(pid {os.getpid()})" in caught.value.message
    assert all(str(port) in caught.value.message for port in ports)
    for server in servers:
        server.close()


async def test_a_sign_in_that_is_left_frees_its_port_at_once(
    sign_in: SignIn, ports: tuple[int, ...]
) -> None:
    async with aclosing(sign_in.browser()) as steps:
        await anext(steps)
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", ports[0]):
        pass


async def test_a_login_that_could_not_be_kept_is_not_called_signed_in(
    sign_in: SignIn, browser: Browser
) -> None:
    steps = sign_in.browser()
    visit = await anext(steps)
    assert isinstance(visit, Visit)
    looking = asyncio.ensure_future(browser.sign_in(visit.url, "A"))
    while not isinstance(await anext(steps), Obtained):
        pass
    await steps.aclose()
    assert 'id="failed"' in (await looking).text


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(replies.oauth_error("invalid_grant"), "sign_in_refused", id="a spent code"),
        pytest.param(replies.captive_portal(), "issuer_unreadable", id="HTML"),
        pytest.param(replies.server_error(), "sign_in_refused", id="500"),
        pytest.param(Cut(), "issuer_unreachable", id="a cut"),
        pytest.param(
            replies.as_json(200, {"access_token": "fake", "id_token": "fake"}),
            "issuer_unreadable",
            id="no refresh token",
        ),
        pytest.param(
            replies.as_json(
                200, {"access_token": "fake", "id_token": "fake", "refresh_token": "fake"}
            ),
            "login_bad_id_token",
            id="an id_token that is no JWT",
        ),
        pytest.param(
            replies.as_json(
                200, {"access_token": "fake", "id_token": jwt({}), "refresh_token": "fake"}
            ),
            "login_no_identity",
            id="a JWT without claims",
        ),
    ],
)
async def test_an_exchange_that_fails_is_told_in_both_places(
    sign_in: SignIn, browser: Browser, back_end: StandIn, reply: Reply | Cut, code: str
) -> None:
    back_end.next(None, reply, on=Endpoint.EXCHANGE)
    pages = []

    async def act(url: str) -> None:
        pages.append(await browser.sign_in(url, "A"))

    error = await _fails(sign_in.browser(), act)
    assert error.code == code
    assert 'id="failed"' in pages[0].text


# With a pasted address


async def _pasted(
    sign_in: SignIn, browser: Browser, shorten: Callable[[str], str]
) -> tuple[Face, CodexLogin]:
    face: Face

    async def read() -> str:
        return shorten(await browser.returned_to(await face.visited, "A"))

    face = Face(sign_in.paste(read))
    return face, await face.run()


def _code_and_state(address: str) -> str:
    query = parse_qs(urlsplit(address).query)
    return f"{query['code'][0]}#{query['state'][0]}"


@pytest.mark.parametrize(
    "shorten",
    [
        pytest.param(str, id="the whole address"),
        pytest.param(lambda address: urlsplit(address).query, id="its query"),
        pytest.param(_code_and_state, id="code#state"),
    ],
)
async def test_a_pasted_address_signs_in(
    sign_in: SignIn, browser: Browser, shorten: Callable[[str], str]
) -> None:
    face, login = await _pasted(sign_in, browser, shorten)
    assert login.identity.user == "user-ada"
    assert face.kinds == [Visit, Redeeming, Obtained]


async def test_a_bare_code_is_taken_with_a_warning(sign_in: SignIn, browser: Browser) -> None:
    face, _ = await _pasted(sign_in, browser, lambda a: _code_and_state(a).partition("#")[0])
    assert face.kinds == [Visit, Unproven, Redeeming, Obtained]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "nothing_pasted", id="nothing"),
        pytest.param("code=c&state=another", "wrong_state", id="another sign-in's"),
        pytest.param("fake-code", "sign_in_refused", id="a code that nobody gave"),
    ],
)
async def test_what_is_pasted_wrongly_is_refused(sign_in: SignIn, text: str, code: str) -> None:
    async def read() -> str:
        return text

    with pytest.raises(CoreError) as caught:
        await Face(sign_in.paste(read)).run()
    assert caught.value.code == code


# With a device code


async def _device(
    sign_in: SignIn, back_end: StandIn, waits: Waits, *, after: int
) -> tuple[Face, CodexLogin]:
    """The person types the code once the program has waited `after` times."""
    face = Face(sign_in.device())

    def type_code(count: int) -> None:
        if count == after:
            (shown,) = (step for step in face.seen if isinstance(step, TypeCode))
            back_end.confirm_device(shown.user_code, "A")

    waits.then = type_code
    return face, await face.run()


async def test_a_device_code_signs_in(
    sign_in: SignIn, back_end: StandIn, clock: FakeClock, waits: Waits
) -> None:
    began = clock.now()
    face, login = await _device(sign_in, back_end, waits, after=3)
    assert login.identity.user == "user-ada"
    assert face.kinds == [TypeCode, Redeeming, Obtained]
    shown = face.seen[0]
    assert isinstance(shown, TypeCode)
    assert shown.url == f"{back_end.auth_url}/codex/device"
    assert shown.expires_at == began + timedelta(minutes=15)
    assert set(waits.seconds) == {5.0}


async def test_a_hasty_poll_is_slowed_down_by_five_seconds(
    sign_in: SignIn, back_end: StandIn, waits: Waits
) -> None:
    back_end.next(None, Reply(status=429), on=Endpoint.DEVICE_TOKEN)
    await _device(sign_in, back_end, waits, after=3)
    assert waits.seconds[:3] == [5.0, 10.0, 10.0]


async def test_a_network_that_comes_and_goes_ends_no_device_sign_in(
    sign_in: SignIn, back_end: StandIn, waits: Waits
) -> None:
    for effect in (Cut(), replies.server_error(502), replies.captive_portal()):
        back_end.next(None, effect, on=Endpoint.DEVICE_TOKEN)
    _, login = await _device(sign_in, back_end, waits, after=5)
    assert login.identity.user == "user-ada"


async def test_a_code_that_nobody_types_ends_in_time(sign_in: SignIn, waits: Waits) -> None:
    with pytest.raises(CoreError) as caught:
        await Face(sign_in.device()).run()
    assert caught.value.code == "sign_in_timed_out"
    assert sum(waits.seconds) == 15 * 60


async def test_a_device_sign_in_that_was_denied_says_so(sign_in: SignIn, back_end: StandIn) -> None:
    denied = replies.error(403, "No.", code="deviceauth_authorization_denied")
    back_end.next(None, denied, on=Endpoint.DEVICE_TOKEN)
    with pytest.raises(CoreError) as caught:
        await Face(sign_in.device()).run()
    assert caught.value.code == "sign_in_denied"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(replies.not_found(), "device_not_enabled", id="not enabled"),
        pytest.param(replies.captive_portal(), "issuer_unreadable", id="HTML"),
        pytest.param(replies.server_error(), "issuer_unreachable", id="500"),
        pytest.param(replies.as_json(200, {"user_code": "X"}), "issuer_unreadable", id="half"),
        pytest.param(Cut(), "issuer_unreachable", id="a cut"),
    ],
)
async def test_without_a_code_the_reason_is_said(
    sign_in: SignIn, back_end: StandIn, reply: Reply | Cut, code: str
) -> None:
    back_end.next(None, reply, on=Endpoint.DEVICE_CODE)
    with pytest.raises(CoreError) as caught:
        await Face(sign_in.device()).run()
    assert caught.value.code == code


async def test_offline_it_tries_three_times_and_says_so(
    sign_in: SignIn, back_end: StandIn, waits: Waits
) -> None:
    await back_end.close()
    with pytest.raises(CoreError, match="there is no connection") as caught:
        await Face(sign_in.device()).run()
    assert caught.value.code == "issuer_unreachable"
    assert waits.seconds == [1.0, 1.0]


def test_no_step_shows_a_secret() -> None:
    assert "fake-state" not in repr(Visit(url="https://issuer/?state=fake-state"))
