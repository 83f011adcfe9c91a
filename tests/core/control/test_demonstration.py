"""The demo: the whole program with made-up people, and no trace of it afterwards."""

import asyncio
import tomllib

from core.control.demonstration import Demonstration
from core.control.visitor import Visitor
from core.domain.events import Event, RequestEnded


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


async def test_a_visitor_whom_nobody_answers_goes_on() -> None:
    assert await Visitor().turn("http://127.0.0.1:1/c/x") is None
