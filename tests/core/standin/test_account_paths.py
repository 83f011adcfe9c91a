"""Models, usage, workspaces, and the paths beside them."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from core.standin import account_paths
from core.standin.meters import Window
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.standin.world import Account
from tests.core.standin.conftest import Client
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


async def test_the_catalogue_is_sent_once_for_each_etag(
    client: Client, back_end: StandIn, login: Login
) -> None:
    first = await client.get("/codex/models?client_version=0.169.0", login)
    assert {entry["slug"] for entry in first.json()["models"]} >= {"gpt-6.1-sol", "gpt-5.5"}
    etag = first.headers["etag"]
    again = await client.get(
        "/codex/models?client_version=0.169.0", login, **{"if-none-match": etag}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.turn(login)).headers["x-models-etag"] == etag


async def test_a_catalogue_of_one_account_is_not_known_to_another(
    client: Client, back_end: StandIn, login: Login
) -> None:
    other = make_login("B")
    back_end.add(other)
    path = "/codex/models?client_version=0.169.0"
    etag = (await client.get(path, login)).headers["etag"]
    reply = await client.get(path, other, **{"if-none-match": etag})
    assert reply.status_code == 200
    assert reply.headers["etag"] != etag


async def test_the_catalogue_asks_for_the_client_s_version(client: Client, login: Login) -> None:
    assert (await client.get("/codex/models", login)).status_code == 400


async def test_usage_says_what_the_headers_say(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.use("A", 42, resets_at=START + HOUR)
    usage = (await client.get("/wham/usage", login)).json()
    assert usage["account_id"] == "acct-A"
    assert usage["email"] == "a@example.com"
    assert usage["rate_limit"]["primary_window"] == {
        "used_percent": 42,
        "limit_window_seconds": 18_000,
        "reset_after_seconds": 3600,
        "reset_at": int((START + HOUR).timestamp()),
    }
    assert (await client.turn(login)).headers["x-codex-primary-used-percent"] == "42"


async def test_usage_of_a_limited_account(client: Client, back_end: StandIn, login: Login) -> None:
    back_end.limit("A", until=START + HOUR)
    usage = (await client.get("/wham/usage", login)).json()
    assert usage["rate_limit"]["allowed"] is False
    assert usage["rate_limit_reached_type"] == {"type": "rate_limit_reached"}


async def test_an_account_without_a_second_window(
    client: Client, back_end: StandIn, login: Login
) -> None:
    week = Window(minutes=10_080)
    back_end.world.put(replace(back_end.world.account("A"), primary=week, secondary=None))
    usage = (await client.get("/wham/usage", login)).json()
    assert usage["rate_limit"]["secondary_window"] is None
    reply = await client.turn(login)
    assert reply.headers["x-codex-primary-window-minutes"] == "10080"
    assert reply.headers["x-codex-secondary-window-minutes"] == "0"


async def test_a_user_s_workspaces_are_listed_for_each_of_them(
    client: Client, back_end: StandIn
) -> None:
    home = make_login("home", user="user-1", workspace="acct-home")
    work = make_login("work", user="user-1", workspace="acct-work")
    back_end.add(home)
    account = back_end.add(work)
    back_end.world.put(replace(account, workspace_name="Kestrel", routing_override="us"))
    items = (await client.get("/accounts", home)).json()["items"]
    assert items == [
        {"id": "acct-home", "name": "Personal"},
        {"id": "acct-work", "name": "Kestrel"},
    ]
    checked = (await client.get("/wham/accounts/check", home)).json()
    assert checked["default_account_id"] == "acct-home"
    assert [
        (one["id"], one["workspace_backend_origin"], one["account_routing_override"])
        for one in checked["accounts"]
    ] == [("acct-home", "NO_CONSTRAINT", "NO_CONSTRAINT"), ("acct-work", "NO_CONSTRAINT", "us")]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param("POST /codex/alpha/search", 200, id="search"),
        pytest.param("POST /codex/images/generations", 200, id="an image"),
        pytest.param("POST /codex/images/edits", 200, id="an edited image"),
        pytest.param("GET /codex/responses", 426, id="a WebSocket handshake"),
        pytest.param("GET /codex/unheard-of", 404, id="an unknown path"),
        pytest.param("DELETE /codex/models", 405, id="an unknown method"),
    ],
)
async def test_other_paths(
    client: Client, back_end: StandIn, login: Login, line: str, status: int
) -> None:
    method, path = line.split(" ")
    url = f"{back_end.base_url}{path}"
    reply = await client.http.request(method, url, headers=client.headers(login))
    assert reply.status_code == status


def test_only_the_user_s_own_workspaces_are_told() -> None:
    mine, other = (Account(person=make_login(name).person) for name in ("A", "B"))
    reply = account_paths.workspaces(mine, (mine, other))
    assert json.loads(reply.body) == {"items": [{"id": "acct-A", "name": "Personal"}]}
