"""client and snippets: who else may call, and how."""

import ast
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.app import App
from core.control.client_verbs import CLIENT_VERBS, SNIPPETS
from core.control.codec import to_json
from core.control.commands import VERBS
from core.control.verb import Access, Arguments
from core.control.verbs.clients import client, snippets
from core.control.verbs.pools import pool
from core.domain.errors import CoreError, ExitCode
from core.proxy.clients import recognise_client
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    yield app
    await app.close()


def given(**values: str) -> Arguments:
    return Arguments(values)


async def models(app: App, token: str | None) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(
            f"http://127.0.0.1:{app.port}/v1/models", headers={"authorization": f"Bearer {token}"}
        )
        return answer.status_code


async def test_a_tool_gets_a_token_that_is_shown_once_and_kept_as_a_hash(app: App) -> None:
    made = await client(app, given(action="create", label="editor"))
    assert made.token is not None
    assert made.token.startswith("tt_")
    assert made.token in made.messages
    (known,) = app.state.clients.values()
    assert recognise_client(made.token, [known]) == known
    assert made.token not in json.dumps(to_json(await client(app, given())))
    data = (app.folder.store.state, repr(known))
    assert made.token not in repr(data)
    # There is no account yet, so that a known tool hears 503 and a stranger 401.
    assert await models(app, made.token) == 503
    assert await models(app, "tt_another") == 401


async def test_a_rotated_token_replaces_the_old_one_at_once(app: App) -> None:
    old = (await client(app, given(action="create", label="editor"))).token
    new = (await client(app, given(action="rotate", client="editor"))).token
    assert (await models(app, old), await models(app, new)) == (401, 503)


async def test_a_pool_that_is_set_beside_a_rotation_brings_no_old_token_back(app: App) -> None:
    old = (await client(app, given(action="create", label="editor"))).token
    await pool(app, Arguments({"action": "create", "pool": "Work"}))
    rotated, _ = await asyncio.gather(
        client(app, given(action="rotate", client="editor")),
        client(app, given(action="set", client="editor", pool="Work")),
    )
    (known,) = app.state.clients.values()
    assert recognise_client(old or "", [known]) is None
    assert recognise_client(rotated.token or "", [known]) == known
    assert known.pool is not None


async def test_a_tool_that_is_revoked_beside_a_change_stays_revoked(app: App) -> None:
    await client(app, given(action="create", label="editor"))
    _, rotated = await asyncio.gather(
        client(app, given(action="revoke", client="editor")),
        client(app, given(action="rotate", client="editor")),
        return_exceptions=True,
    )
    assert isinstance(rotated, CoreError)
    assert dict(app.state.clients) == {}


async def test_a_revoked_tool_may_not_call_any_more(app: App) -> None:
    made = await client(app, given(action="create", label="editor"))
    gone = await client(app, given(action="revoke", client=made.clients[0].id))
    assert gone.token is None
    assert await models(app, made.token) == 401
    assert (await client(app, given(action="list"))).clients == ()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"action": "create"}, "bad_label", id="no label"),
        pytest.param({"action": "create", "label": "x" * 61}, "bad_label", id="a long one"),
        pytest.param({"action": "create", "label": "a\nb"}, "bad_label", id="two lines"),
        pytest.param({"action": "create", "label": "editor"}, "label_taken", id="taken"),
        pytest.param({"action": "rotate", "client": "nobody"}, "no_client_named", id="unknown"),
        pytest.param({"action": "revoke"}, "no_client_named", id="nobody named"),
    ],
)
async def test_what_does_not_fit_changes_nothing(
    app: App, values: dict[str, str], code: str
) -> None:
    await client(app, given(action="create", label="editor"))
    before = app.state.clients
    with pytest.raises(CoreError) as refused:
        await client(app, given(**values))
    assert (refused.value.code, refused.value.exit_code) == (code, ExitCode.USAGE)
    assert app.state.clients == before


async def test_who_may_call_is_listed_by_name(app: App) -> None:
    assert "No other tool may call" in (await client(app, given())).messages[0]
    await client(app, given(action="create", label="editor"))
    listed = await client(app, given(action="list"))
    assert "editor" in listed.messages[0]
    assert [one.label for one in listed.clients] == ["editor"]


async def test_tools_are_kept_over_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    await client(app, given(action="create", label="editor"))
    before = app.state.clients
    await app.close()
    again = make_app(tmp_path, clock)
    again.read()
    assert again.state.clients == before
    await again.close()


@pytest.mark.parametrize("kind", SNIPPETS)
async def test_a_snippet_names_our_address_and_no_token(app: App, kind: str) -> None:
    shown = await snippets(app, given(kind=kind))
    assert list(shown.snippets) == [kind]
    assert f"http://127.0.0.1:{app.port}/v1" in shown.snippets[kind]
    assert "{address}" not in shown.messages[0]
    if kind == "python":
        ast.parse(shown.snippets[kind])


async def test_all_snippets_are_shown_unless_one_is_named(app: App) -> None:
    assert set((await snippets(app, given())).snippets) == set(SNIPPETS)


@pytest.mark.parametrize(
    ("values", "access"),
    [
        ({}, Access.READ),
        ({"action": "list"}, Access.READ),
        ({"action": "create"}, Access.WRITE),
    ],
)
def test_looking_needs_no_lock(values: dict[str, str], access: Access) -> None:
    assert VERBS["client"] in CLIENT_VERBS
    assert VERBS["client"].needs(given(**values)) is access
