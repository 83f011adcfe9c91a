"""What each verb does to a real engine, and what it says of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs import accounts, binding, engine, log, logins, rotation, settings
from core.domain.account import AccountId
from core.domain.binding import BindState, UndoResult
from core.domain.errors import CoreError, ExitCode
from core.domain.events import Event, ShowRequested
from core.domain.state import RotationMode, put_account
from tests.core.control.apps import free_port, make_app
from tests.core.routing.pool import account
from tests.core.storage.samples import request
from tests.fakes.clock import START, FakeClock

A, B = AccountId("A"), AccountId("B")


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """A server with accounts A and B, beside a Codex that is not installed."""
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    for number, name in enumerate("AB", 1):
        await app.folder.store.change(put_account(account(name, number)))
    yield app
    await app.close()


def given(values: Mapping[str, str | int | bool] | None = None, **more: str | bool) -> Arguments:
    return Arguments({**(values or {}), **more})


# --- use, stay, auto -------------------------------------------------------------------------


async def test_use_prefers_and_says_from_when_on(app: App) -> None:
    steered = await rotation.use(app, given(account="#2"))

    assert app.state.rotation.account == B
    assert app.state.rotation.mode is RotationMode.USE
    assert (steered.mode, steered.account) == (RotationMode.USE, B)
    assert "B from its next turn on" in steered.messages[0]


async def test_stay_forces_until_the_user_says_otherwise(app: App) -> None:
    steered = await rotation.stay(app, given(account="A"))

    assert app.state.rotation.until is None
    assert steered.messages == ("Only A is used until `turntable auto`, also when it is limited.",)


async def test_stay_for_a_time_says_until_when(app: App) -> None:
    steered = await rotation.stay(app, given({"account": "A", "for": "2h"}))

    assert app.state.rotation.until == START + timedelta(hours=2)
    assert "until 11:00" in steered.messages[0]


async def test_auto_clears_both(app: App) -> None:
    await rotation.stay(app, given(account="A"))

    await rotation.auto(app, given())

    assert app.state.rotation.mode is RotationMode.AUTO
    assert app.state.rotation.account is None


async def test_an_account_that_nobody_has_changes_nothing(app: App) -> None:
    with pytest.raises(CoreError, match="No account is called") as error:
        await rotation.use(app, given(account="C"))

    assert error.value.exit_code is ExitCode.USAGE
    assert app.state.rotation.mode is RotationMode.AUTO


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("90s", timedelta(seconds=90), id="seconds"),
        pytest.param("30m", timedelta(minutes=30), id="minutes"),
        pytest.param(" 2H ", timedelta(hours=2), id="hours, however they are typed"),
        pytest.param("366d", timedelta(days=366), id="a year at the most"),
    ],
)
def test_a_length_of_time_is_read(text: str, length: timedelta) -> None:
    assert rotation.read_duration(text) == length


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "1.5h", "2x", "367d", "9999999999d"])
def test_what_is_no_length_of_time_is_told(text: str) -> None:
    with pytest.raises(CoreError, match="is no length of time") as error:
        rotation.read_duration(text)

    assert error.value.exit_code is ExitCode.USAGE


# --- bind and unbind -------------------------------------------------------------------------


async def test_a_bind_without_a_codex_is_made_and_its_check_skipped(app: App) -> None:
    bound = await binding.bind(app, given())

    assert (bound.state, bound.port, bound.changed) == (BindState.BOUND, app.port, True)
    assert bound.verification is not None
    assert bound.verification.result == "skipped"
    assert bound.messages[1] == "Verification skipped: no Codex is installed here."


async def test_a_second_bind_changes_nothing_and_says_so(app: App) -> None:
    await binding.bind(app, given())

    bound = await binding.bind(app, given())

    assert not bound.changed
    assert bound.messages[0] == "Codex is routed through Turntable already."


@pytest.mark.parametrize(
    "look", [pytest.param({"action": "diff"}, id="diff"), pytest.param({"dry_run": True}, id="dry")]
)
async def test_a_look_at_a_bind_shows_the_line_and_writes_none(
    app: App, look: dict[str, str | bool]
) -> None:
    bound = await binding.bind(app, given(look))

    assert f"http://127.0.0.1:{app.port}/c/••••/" in bound.diff
    assert bound.state is BindState.UNBOUND
    assert list(app.codex_home(None).iterdir()) == []


async def test_another_gateway_is_shown_and_replaced_only_on_request(app: App) -> None:
    config = app.codex_home(None) / "config.toml"
    theirs = 'openai_base_url = "https://gateway.example.com/v1"\n'
    config.write_text(theirs, "utf-8")

    plan = await binding.bind(app, given(action="diff"))
    with pytest.raises(CoreError):
        await binding.bind(app, given())
    assert config.read_text("utf-8") == theirs
    bound = await binding.bind(app, given(replace=True))

    assert "`turntable bind --replace` replaces it" in plan.messages[0]
    assert "which `turntable unbind` gives back" in bound.messages[1]
    unbound = await binding.unbind(app, given())
    assert unbound.result is UndoResult.RESTORED
    assert config.read_text("utf-8") == theirs


async def test_the_state_of_a_bind_in_words(app: App) -> None:
    before = await binding.bind(app, given(action="status"))
    await binding.bind(app, given())
    after = await binding.bind(app, given(action="status"))
    config = app.codex_home(None) / "config.toml"
    config.write_text(config.read_text("utf-8").replace("127.0.0.1", "localhost"), "utf-8")
    changed = await binding.bind(app, given(action="status"))

    assert "is not routed through Turntable" in before.messages[0]
    assert f"is routed through Turntable (port {app.port})" in after.messages[0]
    assert "was routed, but:" in changed.messages[0]


async def test_an_unbind_says_what_it_found(app: App) -> None:
    nothing = await binding.unbind(app, given())
    await binding.bind(app, given())
    restored = await binding.unbind(app, given())

    assert nothing.result is UndoResult.NOT_BOUND
    assert "nothing was changed" in nothing.messages[0]
    assert restored.result is UndoResult.RESTORED
    assert restored.exit_code == 0
    assert "is as it was before" in restored.messages[0]


async def test_a_later_change_is_left_alone_unless_forced(app: App) -> None:
    await binding.bind(app, given())
    config = app.codex_home(None) / "config.toml"
    config.write_text(config.read_text("utf-8").replace("127.0.0.1", "localhost"), "utf-8")

    left = await binding.unbind(app, given())
    forced = await binding.unbind(app, given(force=True))

    assert (left.result, left.exit_code) == (UndoResult.LEFT_ALONE, 6)
    assert "`turntable unbind --force`" in left.messages[0]
    assert forced.exit_code == 0


# --- the rest --------------------------------------------------------------------------------


async def test_the_accounts_are_those_of_the_snapshot(app: App) -> None:
    listed = await accounts.accounts(app, given())

    assert [a.label for a in listed.accounts] == ["A", "B"]
    assert listed.accounts == (await engine.status(app, given())).accounts


async def test_show_brings_the_face_to_the_front(app: App) -> None:
    heard: list[Event] = []
    app.bus.listen(heard.append)

    await engine.show(app, given())

    assert heard == [ShowRequested()]


@pytest.mark.parametrize("verb", [engine.show, engine.panel])
async def test_a_server_promises_no_window(
    app: App, verb: Callable[[App, Arguments], Awaitable[Mapping[str, list[str]]]]
) -> None:
    told = await verb(app, given())

    assert told["messages"] == [
        "Turntable runs as a server here and has no window; a tray app that shows it is asked."
    ]


async def test_a_tray_app_opens_its_window(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("tray")
    told = await engine.show(app, given())
    await app.close()

    assert told["messages"] == ["Turntable is brought to the front."]


async def test_stop_asks_the_engine_to_end(app: App) -> None:
    await engine.stop(app, given())

    assert app.stopping.is_set()


async def test_the_log_shows_the_newest_oldest_first_with_the_labels_of_now(app: App) -> None:
    for number in (1, 2, 3):
        app.folder.ledger.append(request(number, ago=timedelta(minutes=9 - number)))

    logged = await log.log(app, given({"last": 2}))

    assert [row.id[-1] for row in logged.requests] == ["2", "3"]
    assert logged.requests[0].account_label == logged.requests[0].account  # it is gone


async def test_a_file_and_a_store_at_once_is_one_too_many(app: App) -> None:
    with pytest.raises(CoreError, match="not both"):
        await logins.import_login(app, given({"file": "x", "from": "codex"}))


async def test_a_login_that_is_not_there_is_named(app: App) -> None:
    with pytest.raises(CoreError, match="there is no login"):
        await logins.import_login(app, given())


async def test_an_address_that_no_login_may_be_sent_to_is_kept_with_a_warning(app: App) -> None:
    key = "upstream.base_url"
    told = await settings.config(
        app, given(action="set", key=key, value="http://elsewhere.example")
    )
    good = await settings.config(app, given(action="set", key=key, value="http://127.0.0.1:9"))

    assert "No login may be sent there" in told.messages[0]
    assert good.messages == ()


PROXY = "upstream.proxy"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("socks5://ada:fake-word@127.0.0.1:1", id="SOCKS"),
        pytest.param("http://ada:fake-word@", id="no host"),
        pytest.param("http://ada:fake-word@proxy:99999", id="no port"),
        pytest.param("http://ada:••••@proxy:3128", id="what was shown, with its password masked"),
    ],
)
async def test_an_egress_proxy_that_cannot_be_used_is_refused_when_it_is_set(
    app: App, value: str
) -> None:
    with pytest.raises(CoreError) as refused:
        await settings.config(app, given(action="set", key=PROXY, value=value))

    assert refused.value.code == "bad_setting"
    assert "fake-word" not in f"{refused.value.message} {refused.value.hint}"
    assert app.settings.upstream.proxy == ""


async def test_the_password_of_an_egress_proxy_is_kept_and_never_shown(app: App) -> None:
    value, shown = "http://ada:fake-word@proxy:3128", "http://ada:••••@proxy:3128"
    was_set = await settings.config(app, given(action="set", key=PROXY, value=value))
    got = await settings.config(app, given(action="get", key=PROXY))
    every = await settings.config(app, given(action="explain"))

    assert app.settings.upstream.proxy == value
    assert [one.value for one in (*was_set.settings, *got.settings)] == [shown, shown]
    assert "fake-word" not in repr(every)
    await settings.config(app, given(action="set", key=PROXY, value=""))
    assert app.settings.upstream.proxy == ""


async def test_a_limit_is_shown_with_all_its_digits(app: App) -> None:
    (shown,) = (await settings.config(app, given(action="explain", key="proxy.max_body"))).settings
    with pytest.raises(CoreError, match="is not between 1024 and 1073741824"):
        await settings.config(app, given(action="set", key="proxy.max_body", value="1"))

    assert shown.limits == "1024 to 1073741824"


async def test_all_settings_or_one(app: App) -> None:
    every = await settings.config(app, given(action="explain"))
    one = await settings.config(app, given(action="get", key="log.level"))

    assert len(every.settings) > len(one.settings) == 1
    assert one.settings[0].value == "info"
    assert one.settings[0].limits == "debug | info | warning | error"


async def test_a_setting_counts_at_once_and_a_reset_takes_it_back(app: App) -> None:
    usual = app.settings.routing.strategy
    await settings.config(app, given(action="set", key="routing.strategy", value="round-robin"))
    assert app.settings.routing.strategy == "round-robin"

    taken_back = await settings.config(app, given(action="reset"))

    assert app.settings.routing.strategy == usual
    assert [shown.key for shown in taken_back.settings] == ["routing.strategy"]


async def test_a_value_that_the_start_said_otherwise_does_not_count_and_says_so(app: App) -> None:
    answer = await settings.config(app, given(action="set", key="proxy.port", value="9"))

    assert answer.settings[0].value == app.port
    assert answer.messages == ("The running Turntable was started with another value.",)


@pytest.mark.parametrize("action", ["set", "unset"])
async def test_a_key_is_needed_to_change_one(app: App, action: str) -> None:
    with pytest.raises(CoreError, match="needs a key"):
        await settings.config(app, given(action=action))


async def test_where_the_settings_lie(app: App) -> None:
    answer = await settings.config(app, given(action="path"))

    assert answer.messages == (str(app.home.settings),)
