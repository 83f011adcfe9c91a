"""The parts of one process: what they know when nothing is open, and what survives trouble."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.domain.account import AccountId
from core.domain.binding import BindState
from core.domain.errors import CoreError, ExitCode
from core.domain.events import BindChanged, EngineStopping, Event
from core.domain.state import Rotation, RotationMode, put_account, steer
from tests.core.control.apps import free_port, make_app
from tests.core.routing.pool import account
from tests.fakes.clock import FakeClock

A = AccountId("A")


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> App:
    return make_app(tmp_path, clock, proxy_port=str(free_port()))


@pytest.fixture
async def serving(app: App) -> AsyncIterator[App]:
    await app.serve("serve")
    yield app
    await app.close()


async def status_notices(app: App) -> dict[str, str]:
    report = await app.status(app.codex_home(None))
    return {notice.code: notice.text for notice in report.notices}


# --- reading ---------------------------------------------------------------------------------


async def test_an_app_that_was_only_made_has_opened_nothing(app: App) -> None:
    assert not app.home.root.exists()
    assert app.port is None
    assert app.serving is None
    with pytest.raises(RuntimeError, match="not owned"):
        _ = app.folder
    await app.close()


async def test_a_look_at_an_empty_folder_makes_nothing(app: App) -> None:
    app.read()

    report = await app.status(app.codex_home(None))

    assert (report.running, report.accounts, report.vault.backend) == (False, (), "none")
    assert await app.requests(5) == ()
    assert not app.home.vault.exists()
    await app.close()


async def test_a_look_shows_what_the_last_owner_wrote(
    app: App, tmp_path: Path, clock: FakeClock
) -> None:
    await app.hold("use")
    await app.folder.store.change(put_account(account("A", 1)))
    await app.folder.store.change(steer(Rotation(mode=RotationMode.USE, account=A)))
    await app.close()

    later = make_app(tmp_path, clock)
    later.read()

    assert later.state.accounts[A].label == "A"
    assert later.state.rotation.account == A
    await later.close()


async def test_a_sick_ledger_does_not_hide_the_rest(app: App) -> None:
    app.home.create()
    with sqlite3.connect(app.home.ledger) as newer:
        newer.execute("PRAGMA user_version = 9999")
    newer.close()
    app.read()

    assert "ledger" in await status_notices(app)
    await app.close()


# --- settings --------------------------------------------------------------------------------


async def test_settings_are_read_again_when_asked(app: App) -> None:
    app.home.create()
    assert app.settings.log.level == "info"

    app.home.settings.write_text('[log]\nlevel = "debug"\n', "utf-8")
    assert app.settings.log.level == "info"
    app.reload_settings()

    assert app.settings.log.level == "debug"
    await app.close()


async def test_settings_that_do_not_count_leave_those_that_did_in_force(app: App) -> None:
    app.home.create()
    assert app.settings.log.level == "info"
    app.home.settings.write_text("[log]\nlevel = 7\n", "utf-8")

    with pytest.raises(CoreError):
        app.reload_settings()

    assert app.settings.log.level == "info"
    await app.close()


async def test_a_key_that_nobody_knows_is_a_notice(app: App) -> None:
    app.home.create()
    app.home.settings.write_text("[proxy]\nprot = 1\n", "utf-8")
    app.read()

    assert "proxy.prot" in (await status_notices(app))["settings"]
    await app.close()


# --- owning ----------------------------------------------------------------------------------


async def test_a_second_owner_is_told_who_the_first_is(
    app: App, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.app.WAIT_FOR_OWNER_S", 0.05)
    await app.hold("serve")
    second = make_app(tmp_path, clock)

    with pytest.raises(CoreError, match=r"Another Turntable \(serve, pid \d+\)") as error:
        await second.hold("use")

    assert error.value.code == "owned"
    await second.close()
    await app.close()


async def test_what_cannot_start_lets_the_folder_go(
    app: App, tmp_path: Path, clock: FakeClock
) -> None:
    app.home.create()
    app.home.settings.write_text("[proxy]\nport = 0\n", "utf-8")
    broken = make_app(tmp_path, clock)
    with pytest.raises(CoreError, match="not between"):
        await broken.serve("serve")

    app.home.settings.unlink()
    await app.serve("serve")

    assert app.port is not None
    await app.close()


async def test_a_server_says_where_it_listens_and_stops_listening(
    serving: App, clock: FakeClock
) -> None:
    clock.advance(2.5)

    proxy = (await serving.status(serving.codex_home(None))).proxy

    assert (proxy.listening, proxy.address) == (True, f"127.0.0.1:{serving.port}")
    assert proxy.uptime_s == 2.5
    await serving.close()
    assert serving.port is None


async def test_a_stop_is_asked_for_once_however_often(serving: App) -> None:
    heard: list[Event] = []
    serving.bus.listen(heard.append)

    serving.request_stop()
    serving.request_stop()

    assert serving.stopping.is_set()
    assert heard == [EngineStopping()]


# --- binding ---------------------------------------------------------------------------------


async def test_without_a_proxy_nothing_is_bound(app: App) -> None:
    home = app.codex_home(None)

    with pytest.raises(CoreError, match="no proxy to route Codex to") as error:
        await app.bind(home, replace=False, rotate=False)

    assert error.value.exit_code is ExitCode.OWNER_NOT_RUNNING
    assert list(home.iterdir()) == []
    await app.close()


async def test_a_bind_is_told_and_given_back_at_the_end(serving: App) -> None:
    home, heard = serving.codex_home(None), list[Event]()
    serving.bus.listen(heard.append)

    await serving.bind(home, replace=False, rotate=False)

    assert heard == [BindChanged(state="bound")]
    assert (await serving.bind_status(home)).state is BindState.BOUND
    assert (await serving.status(home)).bind.state == "bound"
    await serving.close()
    assert list(home.iterdir()) == []


async def test_a_key_that_somebody_changed_is_left_alone_and_told_so(serving: App) -> None:
    home, heard = serving.codex_home(None), list[Event]()
    await serving.bind(home, replace=False, rotate=False)
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace("127.0.0.1", "localhost"), "utf-8")
    serving.bus.listen(heard.append)

    receipt = await serving.unbind(home, force=False)

    assert receipt.exit_code is ExitCode.LEFT_ALONE
    assert heard == [BindChanged(state="drifted")]


async def test_a_home_that_could_not_be_bound_again_is_a_notice_until_it_is(
    app: App, tmp_path: Path, clock: FakeClock
) -> None:
    home = app.codex_home(None)
    await app.serve("serve")
    await app.bind(home, replace=False, rotate=False)
    await app.close()
    (home / "config.toml").write_text("not = [toml", "utf-8")

    after = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await after.serve("serve")
    notices = await status_notices(after)
    (home / "config.toml").unlink()
    await after.bind(home, replace=False, rotate=False)

    assert str(home / "config.toml") in " ".join(notices.values())
    assert await status_notices(after) == {}
    await after.close()


async def test_a_failure_at_the_end_of_one_part_does_not_keep_the_folder(
    app: App, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.serve("serve")

    async def fail() -> None:
        raise OSError("a fault of the binds")

    monkeypatch.setattr(app.leases, "lapse", fail)
    with pytest.raises(OSError, match="a fault of the binds"):
        await app.close()

    after = make_app(tmp_path, clock)
    await after.hold("use")
    await after.close()
