"""`check --deep`: whether a login may really use Codex, found out without a prompt."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.app import App
from core.control.codec import to_json
from core.control.verb import Arguments
from core.control.verbs.check import Check, check
from core.domain.errors import ExitCode
from core.standin import replies
from core.standin.people import Login
from core.standin.script import Cut, Effect, Endpoint
from core.standin.server import StandIn
from tests.core.control.signed_in import VAULT, holding
from tests.fakes.clock import FakeClock


@pytest.fixture
async def app(
    tmp_path: Path, clock: FakeClock, back_end: StandIn, login: Login
) -> AsyncIterator[App]:
    async with holding(tmp_path, clock, back_end, login) as app:
        yield app


async def looked(app: App) -> Check:
    return await check(app, Arguments({"deep": True, "passphrase": VAULT}))


async def test_it_says_what_a_login_may_use_and_sends_no_prompt(
    app: App, back_end: StandIn
) -> None:
    answer = await looked(app)
    (one,) = answer.accounts
    assert one.deep is not None
    assert (one.answer, one.deep.whole, answer.exit_code) == ("taken", True, ExitCode.DONE)
    assert "gpt-6.1-sol" in (one.deep.models or ())
    assert one.deep.text.endswith("Its workspace answers.")
    assert back_end.turns() == ()
    assert all(request.method == "GET" for request in back_end.requests)


async def test_a_workspace_that_is_bound_to_a_region_is_told(app: App, back_end: StandIn) -> None:
    back_end.world.put(replace(back_end.world.account("A"), routing_override="us"))
    (one,) = (await looked(app)).accounts
    assert one.deep is not None
    assert one.deep.text.endswith("Its workspace’s requests go to us.")


@pytest.mark.parametrize(
    ("effect", "endpoint", "said"),
    [
        pytest.param(
            replies.error(403, "No.", code="workspace_not_found"),
            Endpoint.MODELS,
            "The list of models was refused: its workspace is out of service.",
            id="Codex is not for this workspace",
        ),
        pytest.param(
            replies.error(429, "No.", code="slow"),
            Endpoint.CHECK,
            "Its workspace could not be asked about: the back end was asked too often.",
            id="asked too often",
        ),
        pytest.param(
            replies.cdn_challenge(),
            Endpoint.MODELS,
            "refused: the network in front of the back end turned it away.",
            id="the network's challenge",
        ),
        pytest.param(
            replies.as_json(200, {"models": []}),
            Endpoint.MODELS,
            "The list of models is empty.",
            id="no model at all",
        ),
        pytest.param(
            replies.as_json(200, {}),
            Endpoint.CHECK,
            "could not be asked about: no list of workspaces.",
            id="an answer that says nothing",
        ),
        pytest.param(
            replies.error(401, "No.", code="token_invalid"),
            Endpoint.MODELS,
            "The list of models was refused: its sign-in is not taken.",
            id="the model path takes no login that the usage endpoint took",
        ),
        pytest.param(
            Cut(), Endpoint.CHECK, "could not be asked about: the connection was cut", id="cut off"
        ),
    ],
)
async def test_what_a_turn_would_stumble_over_is_named(
    app: App, back_end: StandIn, effect: Effect, endpoint: Endpoint, said: str
) -> None:
    back_end.always("A", effect, on=endpoint)
    answer = await looked(app)
    (one,) = answer.accounts
    assert one.deep is not None
    assert (one.deep.whole, answer.exit_code) == (False, ExitCode.FAILED)
    assert said in one.deep.text


async def test_a_plain_check_asks_for_the_numbers_alone(app: App, back_end: StandIn) -> None:
    answer = await check(app, Arguments({"passphrase": VAULT}))
    (one,) = answer.accounts
    assert one.deep is None
    assert {request.path for request in back_end.requests} == {"/backend-api/wham/usage"}
    assert isinstance(to_json(answer), dict)
