"""Rules in the whole engine: whose account is asked, what is answered instead, what is recorded."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from core.domain.facts import ThreadId
from core.standin.recorded import Recorded
from core.storage.store import read_store
from tests.core.routing.engine import MODEL, Engine, running


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A and B; the pool Work holds B, and the folder /firm is for it."""
    async with running(tmp_path, "A", "B") as engine:
        await engine.ask("pool", action="create", pool="Work", accounts=["B"])
        await engine.ask("rule", action="add", folder="/firm", pool="Work")
        yield engine


def in_tree(*folders: str, thread: str = "t1") -> dict[str, str]:
    """The head of a turn inside git, as Codex sends it."""
    trees = {folder: {"has_changes": False} for folder in folders}
    said: dict[str, Any] = {"thread_id": thread, "request_kind": "turn", "workspaces": trees}
    return {"x-codex-turn-metadata": json.dumps(said)}


async def outside_git(engine: Engine, folder: str, *, thread: str = "t1") -> httpx.Response:
    """A turn outside git: only its body names the folder."""
    context = f"<environment_context>\n  <cwd>{folder}</cwd>\n</environment_context>"
    parts = [{"type": "input_text", "text": text} for text in (context, "hi")]
    items = [{"type": "message", "role": "user", "content": [part]} for part in parts]
    body = {"model": MODEL, "instructions": "", "input": items, "stream": True, "store": False}
    body |= {"include": ["reasoning.encrypted_content"], "prompt_cache_key": thread}
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return await client.post(
            f"{engine.address}/responses",
            json=body,
            headers={"thread-id": thread, "originator": "codex_exec"},
        )


async def newest(engine: Engine) -> Any:
    return (await engine.ask("why"))["requests"][-1]


async def test_work_in_a_folder_is_served_by_its_pool_and_by_nobody_else(engine: Engine) -> None:
    await engine.ask("use", account="A")
    assert (await engine.turn(**in_tree("/firm/deep"))).status_code == 200
    assert engine.served_by == ["B"], "use does not widen what a rule lets serve"
    why = await newest(engine)
    assert (why["rule"], why["pool"], why["project"]) == (1, "Work", "/firm/deep")
    assert why["text"].startswith("Rule 1 counted: pool Work. ")
    (a,) = [v for v in why["verdicts"] if v["label"] == "A"]
    assert (a["eligible"], a["because"]) == (False, "excluded_by_rule")
    assert a["text"] == "The rule keeps this work to other accounts."


async def test_another_folder_is_refused_with_one_sentence_that_names_it(engine: Engine) -> None:
    answer = await engine.turn(**in_tree("/play"))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "invalid_prompt", "with which Codex prints the sentence alone"
    assert error["reason"] == "rule_folder"
    assert error["message"].startswith(
        "No rule covers the folder /play, and such folders are refused. "
    )
    assert engine.served_by == []
    why = await newest(engine)
    assert (why["because"], why["project"]) == ("rule_folder", "/play")
    assert why["text"] == "No rule covered its folder, and such folders were refused."


async def test_outside_git_the_body_names_the_folder(engine: Engine) -> None:
    assert (await outside_git(engine, "/firm/plain")).status_code == 200
    assert engine.served_by == ["B"]
    refused = await outside_git(engine, "/play/plain", thread="t2")
    assert refused.status_code == 400
    assert "/play/plain" in refused.json()["error"]["message"]


async def test_nobody_guesses_a_folder_that_was_not_said(engine: Engine) -> None:
    assert (await engine.turn()).json()["error"]["reason"] == "rule_no_folder"
    two = await engine.turn("t2", **in_tree("/firm/a", "/play", thread="t2"))
    assert two.json()["error"]["reason"] == "rule_no_folder", "two trees are no answer"
    assert engine.served_by == []


async def test_a_conversation_and_those_it_starts_stay_in_their_project(engine: Engine) -> None:
    await engine.turn("t1", **in_tree("/firm/deep"))
    compaction = await engine.turn("t1")
    child = await engine.turn("t2", **{"x-codex-parent-thread-id": "t1"})
    assert [compaction.status_code, child.status_code] == [200, 200]
    assert engine.served_by == ["B", "B", "B"]
    assert (await newest(engine))["project"] == "/firm/deep"
    assert engine.app.observed.owners[ThreadId("t2")].project == "/firm/deep"


async def test_a_search_belongs_to_the_conversation_that_its_metadata_name(engine: Engine) -> None:
    await engine.turn("t1", **in_tree("/firm/deep"))
    async with httpx.AsyncClient(trust_env=False) as client:

        async def search(thread: str) -> httpx.Response:
            said = {"x-codex-turn-metadata": json.dumps({"thread_id": thread})}
            url = f"{engine.address}/alpha/search"
            return await client.post(url, json={"query": "rivers"}, headers=said)

        await search("t1")
        assert (await search("t9")).status_code == 400
    searches = [r for r in engine.back_end.requests if r.path.endswith("/alpha/search")]
    assert [one.account for one in searches] == ["B"]


async def test_the_list_of_models_is_nobodys_work(engine: Engine) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{engine.address}/models", params={"client_version": "0.169.0"})
    assert answer.status_code == 200


async def test_other_folders_may_go_elsewhere_if_the_user_says_so(engine: Engine) -> None:
    await engine.ask("rule", action="unknown", value="any")
    await engine.ask("use", account="A")
    assert (await engine.turn(**in_tree("/play"))).status_code == 200
    await engine.ask("pool", action="create", pool="Rest", accounts=["B"])
    await engine.ask("rule", action="unknown", value="Rest")
    assert (await engine.turn("t2", **in_tree("/play", thread="t2"))).status_code == 200
    assert engine.served_by == ["A", "B"]


async def test_when_its_pool_waits_the_reset_is_named_though_another_is_ready(
    engine: Engine,
) -> None:
    until = engine.clock.now() + timedelta(hours=2)
    engine.back_end.limit("B", until=until)
    answer = await engine.turn(**in_tree("/firm"))
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert (error["type"], error["resets_at"]) == ("usage_limit_reached", int(until.timestamp()))
    assert "your rules let serve here" in error["message"]
    assert "A" not in engine.served_by


async def test_stay_and_rules_both_restrict(engine: Engine) -> None:
    await engine.ask("stay", account="A")
    answer = await engine.turn(**in_tree("/firm"))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Your rules do not let “A” serve here")
    assert engine.served_by == []


async def test_a_model_that_the_rule_does_not_allow_is_refused(engine: Engine) -> None:
    await engine.ask("rule", action="add", folder="/firm/x", pool="Work", allow=["o*"])
    answer = await engine.turn(**in_tree("/firm/x"))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(
        f"Rule 2 does not let the model {MODEL} be used here."
    )


async def sent(engine: Engine, body: bytes, **fields: str) -> httpx.Response:
    """A body as another client might send it: no field names its model."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        head = {"content-type": "application/json", "originator": "codex_exec", **fields}
        return await client.post(f"{engine.address}/responses", content=body, headers=head)


async def test_a_model_behind_a_long_input_comes_under_its_rule(engine: Engine) -> None:
    await engine.ask("rule", action="add", folder="/firm/x", pool="Work", allow=["o*"])
    body = json.dumps({"input": "x" * 300_000, "stream": True, "model": MODEL}).encode()
    for text, fields in (
        (body, {}),
        (zstandard.compress(body), {"content-encoding": "zstd"}),
    ):
        answer = await sent(engine, text, **fields, **in_tree("/firm/x"))
        assert answer.json()["error"]["message"].startswith(
            f"Rule 2 does not let the model {MODEL} be used here."
        )
    assert engine.served_by == []


async def test_a_model_that_cannot_be_read_is_refused_and_one_that_is_not_named(
    engine: Engine,
) -> None:
    await engine.ask("rule", action="add", folder="/firm/x", pool="Work", allow=["o*"])
    where = in_tree("/firm/x")
    packed = gzip.compress(b'{"model":"o1"}')
    unread = await sent(engine, packed, **{"content-encoding": "gzip"}, **where)
    unnamed = await sent(engine, b'{"input":[]}', **where)
    assert unread.status_code == unnamed.status_code == 400
    assert unread.json()["error"]["message"].startswith(
        "Your rules are about models, and nobody can read which one this request asks for. "
    )
    assert unnamed.json()["error"]["message"].startswith(
        "Rule 2 lets only some models be used here, and this request names none. "
    )
    assert engine.served_by == []


def handshakes(engine: Engine) -> list[Recorded]:
    return [one for one in engine.back_end.requests if one.upgrade]


async def handshake(engine: Engine) -> int:
    fields = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "x" * 22 + "==",
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{engine.address}/responses", headers=fields)).status_code


async def test_handshakes_are_answered_426_while_a_rule_names_a_folder(engine: Engine) -> None:
    assert await handshake(engine) == 426
    assert handshakes(engine) == []
    await engine.ask("rule", action="clear")
    await handshake(engine)
    assert len(handshakes(engine)) == 1


class Tool:
    """Another tool with a token of its own."""

    def __init__(self, engine: Engine, token: str) -> None:
        self._engine = engine
        self._token = token

    async def asks(self, path: str, **body: Any) -> httpx.Response:
        url = f"http://127.0.0.1:{self._engine.app.port}{path}"
        head = {"authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            if body:
                return await client.post(url, json=body, headers=head)
            return await client.get(url, headers=head)


async def tool(engine: Engine, label: str, **named: str) -> Tool:
    made = await engine.ask("client", action="create", label=label, **named)
    return Tool(engine, made["token"])


async def test_a_tool_is_served_by_its_own_pool_and_sees_only_that(engine: Engine) -> None:
    editor = await tool(engine, "editor", pool="Work")
    assert (await editor.asks("/v1/responses", model=MODEL, input="hi")).status_code == 200
    assert engine.served_by == ["B"]
    said = (await editor.asks("/status")).json()
    assert [one["label"] for one in said["accounts"]] == ["B"]
    assert "example.com" not in json.dumps(said)
    why = await newest(engine)
    assert (why["rule"], why["pool"]) == (None, "Work")
    assert {v["because"] for v in why["verdicts"]} == {"not_in_pool", "ready"}


async def test_a_tool_without_a_pool_is_refused_where_folders_count(engine: Engine) -> None:
    editor = await tool(engine, "editor")
    answer = await editor.asks("/v1/responses", model=MODEL, input="hi")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "rule_refused"
    await engine.ask("rule", action="add", client="editor", account=["A"])
    assert (await editor.asks("/v1/responses", model=MODEL, input="hi")).status_code == 200
    assert engine.served_by == ["A"]


async def test_a_tool_whose_pool_has_gone_is_served_by_nobody(engine: Engine) -> None:
    editor = await tool(engine, "editor", pool="Work")
    await engine.ask("pool", action="remove", pool="Work", force=True)
    answer = await editor.asks("/v1/responses", model=MODEL, input="hi")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "rule_refused")
    assert (await editor.asks("/status")).json()["accounts"] == []


async def test_simulate_says_what_a_folder_a_model_and_a_client_would_meet(engine: Engine) -> None:
    async def foreseen(**asked: str) -> Any:
        (one,) = (await engine.ask("simulate", **asked))["requests"]
        return one

    work = await foreseen(cwd="/firm/deep")
    assert (work["label"], work["rule"], work["project"]) == ("B", 1, "/firm/deep")
    play = await foreseen(cwd="/play")
    assert (play["account"], play["because"]) == (None, "rule_folder")
    await engine.turn("t1", **in_tree("/firm/deep"))
    assert (await foreseen(thread="t1"))["project"] == "/firm/deep"
    await tool(engine, "editor", pool="Work")
    assert (await foreseen(client="editor"))["label"] == "B"


async def test_turns_are_taken_within_a_pool(tmp_path: Path) -> None:
    async with running(tmp_path, "A", "B", "C", routing__strategy="round-robin") as engine:
        await engine.ask("pool", action="create", pool="Work", accounts=["A", "B"])
        await engine.ask("rule", action="add", folder="/firm", pool="Work")
        await engine.ask("rule", action="unknown", value="any")
        for number in range(8):
            folder = "/firm" if number % 2 else "/play"
            thread = f"t{number}"
            await engine.turn(thread, **in_tree(folder, thread=thread))
        assert "".join(str(name) for name in engine.served_by[1::2]) == "ABAB"


async def test_who_is_next_is_asked_about_no_work_in_particular(engine: Engine) -> None:
    assert (await engine.ask("best"))["label"] == "A"
    assert (await engine.ask("status"))["rotation"]["next"] is not None
    assert (await engine.ask("forecast"))["next"] is not None


async def test_what_the_user_chose_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path, "A") as engine:
        await engine.ask("pool", action="create", pool="Work", accounts=["A"])
        await engine.ask("rule", action="add", folder="/firm", pool="Work")
        await engine.ask("rule", action="unknown", value="Work")
        pools, rules = engine.app.state.pools, engine.app.state.rules
        vault = engine.app.home.vault
    kept = read_store(vault).state
    assert (kept.pools, kept.rules) == (pools, rules)
