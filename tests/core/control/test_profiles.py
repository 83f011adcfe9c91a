"""profile: as it is typed, and where a value comes from then."""

from pathlib import Path

import pytest

from core.app import App
from core.cli.reader import Reader
from core.cli.render import render
from core.control.codec import to_json
from core.control.facade import JsonValue
from core.control.verb import Arguments
from core.control.verbs.profiles import Profiles, profile
from core.control.verbs.rotation import rotation
from core.control.verbs.settings import config
from core.domain.errors import CoreError
from core.words.speech import english
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> App:
    app = make_app(tmp_path, clock)
    app.home.create()
    app.read()
    return app


async def say(app: App, **values: JsonValue) -> Profiles:
    return await profile(app, Arguments(values))


async def test_the_three_that_came_with_the_program_are_listed(app: App) -> None:
    answer = await say(app)
    assert [one.name for one in answer.profiles] == ["balanced", "conservative", "aggressive"]
    assert answer.in_use == ""
    document = to_json(answer)
    assert isinstance(document, dict)
    text = render("profile", document, Reader(speech=english(), now=app.clock.now()))
    assert "  conservative  Keep chats where they are" in text
    assert "    routing.strategy = sticky" in text


async def test_a_profile_is_used_until_none_is(app: App) -> None:
    answer = await say(app, action="use", name="aggressive")
    assert answer.in_use == "aggressive"
    assert [one.name for one in answer.profiles if one.in_use] == ["aggressive"]
    assert app.settings.routing.strategy == "drain-first"
    answer = await say(app, action="use", name="none")
    assert (answer.in_use, app.settings.routing.strategy) == ("", "balanced")


async def test_what_the_environment_keeps_is_named_when_a_profile_is_used(
    tmp_path: Path, clock: FakeClock
) -> None:
    app = make_app(tmp_path, clock, routing_strategy="random")
    app.home.create()
    app.read()
    answer = await say(app, action="use", name="conservative")
    assert answer.messages[1:] == (
        "The environment or the command line says otherwise of this, and wins: "
        "routing.strategy = random.",
    )


async def test_config_explain_says_that_a_profile_said_it(app: App) -> None:
    await say(app, action="use", name="conservative")
    (shown,) = (
        await config(app, Arguments({"action": "explain", "key": "routing.strategy"}))
    ).settings
    assert (shown.value, shown.source) == ("sticky", "profile conservative")


async def test_what_a_profile_says_cannot_be_changed_past_it_without_a_word(app: App) -> None:
    await say(app, action="use", name="conservative")
    answer = await config(
        app, Arguments({"action": "set", "key": "routing.strategy", "value": "random"})
    )
    said = ("The profile conservative says otherwise, and wins.",)
    assert answer.messages == said
    steered = await rotation(app, Arguments({"action": "strategy", "value": "weighted"}))
    assert steered.messages == said
    await say(app, action="use", name="none")
    assert app.settings.routing.strategy == "weighted", "what was set meanwhile was kept"


async def test_one_of_the_users_own_is_made_changed_used_and_removed(app: App) -> None:
    answer = await say(
        app, action="set", name="night", values=["strategy=sticky", "routing.wait_for_reset_s=9"]
    )
    assert "lets it count" in answer.messages[0]
    await say(app, action="use", name="night")
    answer = await say(app, action="set", name="night", values=["strategy=random"])
    assert answer.messages == ("The profile night is kept, and counts now.",)
    assert app.settings.routing.strategy == "random"
    assert app.settings.routing.wait_for_reset_s == 0
    with pytest.raises(CoreError, match="night is used"):
        await say(app, action="remove", name="night")
    await say(app, action="use", name="none")
    assert (await say(app, action="remove", name="night")).profiles[-1].name == "aggressive"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"action": "use"}, "usage", id="use of nothing"),
        pytest.param({"action": "use", "name": "fast"}, "no_such_profile", id="an unknown one"),
        pytest.param({"action": "set", "name": "x"}, "usage", id="one that says nothing"),
        pytest.param({"action": "set", "name": "x", "values": ["sticky"]}, "usage", id="no key"),
        pytest.param(
            {"action": "set", "name": "x", "values": ["proxy.port=1"]}, "bad_profile", id="a port"
        ),
        pytest.param(
            {"action": "set", "name": "x", "values": ["what=1"]}, "unknown_setting", id="no setting"
        ),
        pytest.param({"action": "remove", "name": "balanced"}, "usage", id="what came with it"),
    ],
)
async def test_a_profile_that_makes_no_sense_is_refused(
    app: App, values: dict[str, JsonValue], code: str
) -> None:
    with pytest.raises(CoreError) as caught:
        await profile(app, Arguments(values))
    assert caught.value.code == code
    assert not app.home.settings.exists()
