"""The real Codex reads what a switch has written, works with it, and is what is asked before."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.codex_home.app_server import app_server
from core.control.verbs.switch import surroundings
from core.domain.account import Account
from core.runtime.clock import SystemClock
from core.standin.people import make_login
from core.standin.server import StandIn
from core.switch.receipt import Result
from core.switch.record import Records
from core.switch.switcher import Switcher
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.codex import Codex

pytestmark = [pytest.mark.codex, pytest.mark.timeout(120)]

A = make_login("A", email="ada@example.com")
B = make_login("B", email="bob@example.com")


@pytest.fixture
async def parts(tmp_path: Path, codex: Codex) -> AsyncIterator[Parts]:
    async with (
        StandIn(now=lambda: datetime.now(UTC)) as back_end,
        build(tmp_path / "parts", SystemClock(), back_end) as parts,
    ):
        back_end.add(A)
        codex.log_in(A.auth_json)
        codex.meet(("127.0.0.1", back_end.port), "chatgpt.com", "auth.openai.com")
        yield parts


@pytest.fixture
async def bob(parts: Parts) -> Account:
    return await parts.signed_in(B)


def switcher_of(parts: Parts, codex: Codex) -> Switcher:
    async def landed(_: object) -> None:
        return None

    return Switcher(
        codex.home,
        store=parts.store,
        vault=parts.vault,
        roster=parts.roster,
        records=Records(parts.folder / "switches"),
        world=surroundings(codex.binary, codex.home, codex.env, landed=landed),
        clock=parts.clock,
    )


async def answer(codex: Codex) -> tuple[str, ...]:
    run = await codex.exec("say hi")
    assert (run.errors, run.exit_code) == ((), 0)
    return run.answers


async def test_codex_works_with_the_new_login_and_with_the_old_one_again(
    parts: Parts, codex: Codex, bob: Account
) -> None:
    assert await answer(codex) == ("Hello from A.",)
    receipt = await switcher_of(parts, codex).switch(bob)
    assert [s for s in receipt.steps if s.result is not Result.DONE] == []
    assert await answer(codex) == ("Hello from B.",)
    assert (await switcher_of(parts, codex).undo()).done
    assert await answer(codex) == ("Hello from A.",)
    assert parts.refreshes == 0, "no refresh token was spent on the way"
    assert parts.back_end.violations == []


async def test_a_codex_that_runs_with_this_home_is_found(
    parts: Parts, codex: Codex, bob: Account
) -> None:
    async with app_server(codex.binary, home=codex.home, env=codex.env):
        receipt = await switcher_of(parts, codex).switch(bob, dry_run=True)
    assert [s.name for s in receipt.steps if s.result is Result.FAILED] == ["running"]


async def test_what_codex_itself_says_is_forced_is_believed(
    parts: Parts, codex: Codex, bob: Account
) -> None:
    codex.config.write_text('forced_chatgpt_workspace_id = "ws-of-somebody-else"\n')
    receipt = await switcher_of(parts, codex).switch(bob, dry_run=True)
    assert [s.name for s in receipt.steps if s.result is Result.FAILED] == ["forced"]
