"""`turntable codex` with the real Codex: one run through the proxy, one account if so wished."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Ran, Turntable

pytestmark = pytest.mark.codex

EXEC = (
    "exec", "--json", "--skip-git-repo-check",
    "--dangerously-bypass-approvals-and-sandbox", "say hi",
)  # fmt: skip
GOES_ELSEWHERE = """\
#!{python}
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        providers = {{"defaultProviderId": "openai",
                      "data": [{{"id": "openai", "baseUrl": "https://managed.example"}}]}}
        print(json.dumps({{"id": asked["id"], "result": providers}}), flush=True)
"""


def answers(ran: Ran) -> list[str]:
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    items = [e["item"] for e in events if e["type"] == "item.completed"]
    return [item["text"] for item in items if item["type"] == "agent_message"]


@pytest.mark.usefixtures("imported")
async def test_one_run_is_served_by_the_account_that_was_named_and_no_file_is_touched(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    before = {p: p.read_bytes() for p in signed_in_codex.home.iterdir() if p.is_file()}
    async with turntable.serve():
        await turntable.done("use", "#1")
        forced = await turntable.run("codex", "--account", "#2", "--", *EXEC)
        free = await turntable.run("codex", "--", *EXEC)
    assert (answers(forced), forced.exit_code) == (["Hello from B."], 0)
    assert (answers(free), free.exit_code) == (["Hello from A."], 0)
    assert not signed_in_codex.config.exists()
    assert {p: p.read_bytes() for p in before} == before
    assert back_end.violations == []


@pytest.mark.usefixtures("imported", "signed_in_codex")
async def test_a_run_that_is_kept_to_a_limited_account_fails_rather_than_use_another(
    turntable: Turntable, back_end: StandIn
) -> None:
    back_end.limit("B", until=datetime.now(UTC) + timedelta(hours=2))
    async with turntable.serve():
        ran = await turntable.run("codex", "--account", "#2", "--", *EXEC)
    assert ran.exit_code == 1
    assert answers(ran) == []
    assert {turn.account for turn in back_end.turns()} <= {"B"}


@pytest.mark.usefixtures("imported", "signed_in_codex")
async def test_where_nothing_runs_a_server_is_started_for_it(turntable: Turntable) -> None:
    try:
        ran = await turntable.run("codex", "--", *EXEC, timeout_s=60)
        assert ran.exit_code == 0, ran.stderr
        assert len(answers(ran)) == 1
        assert (await turntable.done("status"))["mode"] == "serve"
    finally:
        await turntable.run("stop")


@pytest.mark.usefixtures("imported")
async def test_direct_goes_past_a_bind_once_with_codex_own_login(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        bound = signed_in_codex.config.read_bytes()
        await turntable.done("stay", "#2")
        ran = await turntable.run("codex", "--direct", "--", *EXEC)
        assert signed_in_codex.config.read_bytes() == bound
        assert (answers(ran), ran.exit_code) == (["Hello from A."], 0)
        requests = (await turntable.done("log"))["requests"]
        assert [r for r in requests if r["kind"] == "responses"] == []


@pytest.mark.usefixtures("imported", "signed_in_codex")
async def test_a_codex_that_would_go_elsewhere_is_not_started_for_a_named_account(
    turntable: Turntable, tmp_path: Path
) -> None:
    managed = tmp_path / "managed" / "codex"
    managed.parent.mkdir()
    managed.write_text(GOES_ELSEWHERE.format(python=sys.executable))
    managed.chmod(0o755)
    async with turntable.serve():
        path = f"{managed.parent}:{turntable.env['PATH']}"
        ran = await turntable.run("codex", "--account", "#2", "--", *EXEC, PATH=path)
    assert (ran.exit_code, ran.stdout) == (6, "")
    assert "not started" in ran.stderr
