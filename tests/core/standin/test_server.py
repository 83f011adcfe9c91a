"""The stand-in as its users hold it: life, TLS, load, the record."""

import ssl
from datetime import timedelta

import httpx
import pytest

from core.standin import answers
from core.standin.demo import people
from core.standin.people import Login, make_login, signed_in_again
from core.standin.recorded import Ending
from core.standin.script import Cut, Endpoint, Says, Stall
from core.standin.server import StandIn
from core.standin.turns import Turn, sse
from tests.core.standin.conftest import BODY, Client
from tests.core.standin.sse import said
from tests.core.standin.wire import connect, request
from tests.fakes.clock import START, FakeClock
from tests.fakes.connect_proxy import Authority


async def test_it_takes_a_free_port_and_gives_it_back(clock: FakeClock) -> None:
    async with StandIn(now=clock.now) as first:
        port = first.port
        assert first.base_url == f"http://127.0.0.1:{port}/backend-api"
        assert first.auth_url == f"http://127.0.0.1:{port}"
    async with StandIn(now=clock.now, port=port) as again:
        assert again.port == port


async def test_closing_ends_streams_that_hang(clock: FakeClock, login: Login) -> None:
    back_end = StandIn(now=clock.now)
    back_end.add(login)
    await back_end.start()
    back_end.next("A", Stall(after_events=1))
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await wire.head()
        await back_end.close()
        with pytest.raises(ConnectionResetError):
            await wire.rest()
    await back_end.close()


async def test_it_speaks_tls_with_a_context_of_the_caller(
    clock: FakeClock, login: Login, authority: Authority
) -> None:
    context = authority.server_context("127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(authority.bundle))
    async with (
        StandIn(now=clock.now, tls=context) as back_end,
        httpx.AsyncClient(verify=trusting, trust_env=False) as http,
    ):
        back_end.add(login)
        url = f"{back_end.base_url}/codex/responses"
        reply = await http.post(url, json=BODY, headers=Client.headers(login))
    assert back_end.base_url.startswith("https://127.0.0.1:")
    assert said(reply.text) == "Hello from A."


async def test_load_is_the_same_bytes_for_everybody(
    client: Client, back_end: StandIn, login: Login
) -> None:
    event = sse({"type": "response.completed"})
    back_end.play([event] * 3, event_s=0.001)
    for _ in range(2):
        reply = await client.turn(login)
        assert reply.content == event * 3
    account = back_end.world.account("A")
    assert account.primary is not None
    assert account.primary.used_percent == 0


async def test_the_record_holds_the_newest(clock: FakeClock, login: Login) -> None:
    async with (
        StandIn(now=clock.now, keep_requests=2) as back_end,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        back_end.add(login)
        client = Client(back_end, http)
        for _ in range(3):
            await client.get("/wham/usage", login)
    assert [one.number for one in back_end.requests] == [2, 3]


async def test_the_record_says_what_came_and_when(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.advance(timedelta(minutes=3))
    await client.turn(login)
    (recorded,) = back_end.turns("A")
    assert back_end.turns("B") == ()
    assert recorded.method == "POST"
    assert recorded.path == "/backend-api/codex/responses"
    assert recorded.json == BODY
    assert recorded.received_at == START + timedelta(minutes=3)
    assert recorded.status == 200
    await back_end.until(lambda: recorded.ending is Ending.ANSWERED)
    assert login.access_token not in repr(recorded)


async def test_waiting_for_what_does_not_come_ends(back_end: StandIn) -> None:
    with pytest.raises(TimeoutError):
        await back_end.until(lambda: False, timeout_s=0.01)


async def test_an_answer_that_is_lost_leaves_the_token_spent(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", Cut(), on=Endpoint.REFRESH)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.refresh(login.refresh_token)
    (family,) = back_end.issuer.families_of("A")
    assert family.renewals == 1
    reused = await client.refresh(login.refresh_token)
    assert reused.json()["error"]["code"] == "refresh_token_reused"


async def test_signing_in_again_keeps_the_account_s_windows(
    back_end: StandIn, login: Login
) -> None:
    back_end.use("A", 30, resets_at=START + timedelta(hours=1))
    account = back_end.add(signed_in_again(login, family=2))
    assert account.primary is not None
    assert account.primary.used_percent == 30
    assert len(back_end.issuer.families_of("A")) == 2


async def test_a_scripted_turn_may_belong_to_one_account_or_to_any(
    client: Client, back_end: StandIn, login: Login
) -> None:
    other = make_login("B")
    back_end.add(other)
    back_end.say("for B", "B")
    back_end.say("for anybody")
    assert said((await client.turn(login)).text) == "for anybody"
    assert said((await client.turn(other)).text) == "for B"


async def test_a_standing_script_ends_when_it_is_cleared(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.always("A", Says(Turn(text="again")))
    assert [said((await client.turn(login)).text) for _ in range(2)] == ["again", "again"]
    back_end.clear("A")
    assert said((await client.turn(login)).text) == "Hello from A."


async def test_answers_may_be_chosen_for_all(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.answer_with(answers.always(Turn(text="always this")))
    assert said((await client.turn(login)).text) == "always this"


async def test_the_demo_shows_every_state_within_ten_minutes(clock: FakeClock) -> None:
    async with StandIn(now=clock.now) as back_end:
        for login, account in people(clock.now()):
            back_end.add(login, account)
        out: set[str] = set()
        back: set[str] = set()
        for _ in range(10):
            for account in back_end.world.accounts():
                assert account.primary is not None
                if account.primary.exhausted:
                    out.add(account.name)
                elif account.name in out:
                    back.add(account.name)
            clock.advance(timedelta(minutes=1))
    assert {"Ada", "Cleo", "Dara", "Enzo"} <= out
    assert {"Ada", "Cleo", "Dara"} <= back
    assert "Bela" not in out
