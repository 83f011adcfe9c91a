"""`verify --proxy`: one turn through a proxy of its own, and nothing of the user's touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.control.path_trial import try_path
from core.control.verb import Arguments
from core.control.verbs.verify import verify
from core.domain.errors import CoreError, ExitCode
from core.runtime.clock import SystemClock
from core.standin import replies
from core.standin.script import Cut, Effect, Endpoint, Fails
from core.standin.server import StandIn
from core.words.speech import english
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        yield back_end


async def test_a_path_that_works_is_said_with_its_time(back_end: StandIn) -> None:
    assert 0 < await try_path(back_end, clock=SystemClock(), speech=english()) < 10
    assert len(back_end.turns()) == 1
    assert back_end.violations == []


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(replies.unsupported_model("m"), id="the answer is an error"),
        pytest.param(Cut(after_events=2), id="the answer is cut off after its head"),
        pytest.param(Fails("server_is_overloaded"), id="the answer ends in a failure"),
    ],
)
async def test_a_path_that_is_broken_is_said(
    clock: FakeClock, back_end: StandIn, effect: Effect
) -> None:
    back_end.script.stand(Endpoint.RESPONSES, None, (effect,))
    with pytest.raises(CoreError) as refused:
        await try_path(back_end, clock=clock, speech=english())
    assert refused.value.code == "path_broken"


async def test_verify_tries_the_path_only_when_it_is_asked_to(
    tmp_path: Path, clock: FakeClock
) -> None:
    app = make_app(tmp_path, clock)
    assert "proxy" not in [part.part for part in (await verify(app, Arguments({}))).parts]
    answer = await verify(app, Arguments({"proxy": True}))
    assert (answer.parts[-1].part, answer.parts[-1].health) == ("proxy", "good")
    assert "A turn went through a proxy of its own" in answer.messages[-1]
    assert answer.exit_code == ExitCode.DONE
    assert not app.home.root.exists(), "the user's folder was not even made"
