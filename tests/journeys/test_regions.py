"""Accounts whose workspace is bound to a region, through the whole program."""

from dataclasses import replace

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]


async def test_each_account_s_requests_carry_its_own_routing_override(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    bound = back_end.world.account("B")
    back_end.world.put(replace(bound, routing_override="us"))
    async with turntable.serve():
        await turntable.done("bind")
        for account, word in (("#2", "us"), ("#1", None)):
            await turntable.done("use", account)
            run = await signed_in_codex.exec("say hi")
            assert (len(run.answers), run.errors) == (1, ())
            sent = back_end.turns()[-1].header("x-openai-account-routing-override")
            assert sent == word
    assert back_end.violations == []
