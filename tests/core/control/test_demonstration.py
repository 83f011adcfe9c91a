"""The demo: the whole program with made-up people, and no trace of it afterwards."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.control.demonstration import Demonstration
from core.control.visitor import Visitor
from core.domain.errors import CoreError
from core.domain.events import Event, RequestEnded
from core.standin.people import make_login


async def test_made_up_people_work_through_the_real_program() -> None:
    async with Demonstration({}) as demonstration:
        owner, heard = demonstration.owner, asyncio.Queue[Event]()
        await owner.start()
        owner.app.bus.listen(heard.put_nowait)
        await demonstration.begin()
        async with asyncio.timeout(8):
            while not isinstance(event := await heard.get(), RequestEnded):
                pass
        status = await owner.facade.status()
        await owner.close()
        config = demonstration.codex_home / "config.toml"
        given_back = tomllib.loads(config.read_text("utf-8"))

    assert event.result == "served"
    assert len(status.accounts) == 5
    assert status.bind.state == "bound"
    assert "openai_base_url" not in given_back
    assert not demonstration.home.root.parent.exists()


async def test_a_real_codex_in_the_callers_shell_is_left_alone(tmp_path: Path) -> None:
    real = tmp_path / ".codex"
    real.mkdir()
    (real / "config.toml").write_text('model = "mine"\n', encoding="utf-8")
    (real / "auth.json").write_text(json.dumps(make_login("Real").auth_json), encoding="utf-8")
    caller = {"codex_home": str(real)}
    async with _running() as demonstration:
        facade = demonstration.owner.facade
        bound = await facade.perform("bind", caller)
        with pytest.raises(CoreError) as refused:
            await facade.perform("import", caller)
        made_up = str(demonstration.codex_home)

    assert bound["codex_home"] == made_up
    assert refused.value.code == "login_missing"
    assert made_up in refused.value.message
    assert (real / "config.toml").read_text("utf-8") == 'model = "mine"\n'


async def test_everyone_takes_turns_until_a_profile_says_otherwise() -> None:
    async with _running() as demonstration:
        routing = demonstration.owner.app.settings.routing
        await demonstration.owner.facade.perform(
            "profile", {"action": "use", "name": "conservative"}
        )
        after = demonstration.owner.app.settings.routing

    assert (routing.strategy, after.strategy) == ("round-robin", "sticky")


async def test_its_first_lines_can_be_typed_in_the_systems_own_shell() -> None:
    async with Demonstration({}) as demonstration:
        windows = demonstration.introduction(platform="win32").splitlines()[-1]
        linux = demonstration.introduction(platform="linux").splitlines()[-1]
        home = demonstration.home.root

    assert f"$env:TURNTABLE_HOME='{home}'; " in windows
    assert f"TURNTABLE_HOME={home} " in linux


async def test_somebody_has_a_reset_credit_to_look_at() -> None:
    async with _running() as demonstration:
        await demonstration.begin()
        told = await demonstration.owner.facade.perform("reset-credits", {"account": "ada"})

    assert isinstance(told["credits"], list)
    assert len(told["credits"]) == 1


@asynccontextmanager
async def _running() -> AsyncIterator[Demonstration]:
    async with Demonstration({}) as demonstration:
        await demonstration.owner.start()
        try:
            yield demonstration
        finally:
            await demonstration.owner.close()


async def test_a_visitor_whom_nobody_answers_goes_on() -> None:
    assert await Visitor().turn("http://127.0.0.1:1/c/x") is None
