"""Other tools than Codex through the whole program: a token, a call, an answer, a row."""

import json

import httpx
import pytest

from core.standin import answers
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]


async def test_a_tool_chats_with_a_token_that_the_program_gave_it(
    turntable: Turntable, back_end: StandIn
) -> None:
    async with turntable.serve() as serving:
        made = await turntable.done("client", "create", "--label", "editor")
        shown = await turntable.run("snippets", "--kind", "env")
        address = f"http://127.0.0.1:{serving.port}/v1"
        assert address in shown.stdout
        headers = {"authorization": f"Bearer {made['token']}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=10) as tool:
            asked = {"model": "gpt-6.1-sol", "messages": [{"role": "user", "content": "hi"}]}
            answer = await tool.post(f"{address}/chat/completions", json=asked)
            said = answer.json()["choices"][0]["message"]["content"]
            assert said in ("Hello from A.", "Hello from B.")
            status = await tool.get(f"http://127.0.0.1:{serving.port}/status")
            assert len(status.json()["accounts"]) == 2
            assert "example.com" not in status.text
            await turntable.done("client", "revoke", "editor")
            assert (await tool.get(f"{address}/models")).status_code == 401
        (row,) = [r for r in (await turntable.done("log"))["requests"] if r["kind"] == "responses"]
        assert row["result"] == "served"
        assert back_end.violations == []
    for file in turntable.home.rglob("*"):
        if file.is_file():
            assert made["token"].encode() not in file.read_bytes(), file


async def test_codex_with_a_provider_of_its_own_is_a_tool_like_any_other(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(2, shell="echo made-by-a-tool"))
    async with turntable.serve() as serving:
        token = (await turntable.done("client", "create", "--label", "codex"))["token"]
        provider = "model_providers.turntable"
        run = await signed_in_codex.exec(
            "work",
            config={
                "model_provider": '"turntable"',
                f"{provider}.name": '"Turntable"',
                f"{provider}.base_url": f'"http://127.0.0.1:{serving.port}/v1"',
                f"{provider}.wire_api": '"responses"',
                f"{provider}.experimental_bearer_token": json.dumps(token),
            },
        )
        assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
        assert len(back_end.turns()) == 3
        assert back_end.violations == []
