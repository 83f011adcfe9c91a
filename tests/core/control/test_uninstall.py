"""`uninstall`: Codex is given back, nothing starts any more, and the data stays unless purged."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.uninstall import Uninstalled, uninstall
from core.domain.errors import CoreError
from core.startup.entry import Kind
from core.storage.keys import SystemKeyring
from core.storage.lock import OwnerLock
from core.storage.purge import our_files, purge
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock

BEFORE = b'model = "gpt-x" # mine\n'


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """Bound and started at login once, and ended by a crash: nobody runs, Codex is bound."""
    owner = make_app(tmp_path, clock, proxy_port=str(free_port()))
    config = tmp_path / "codex" / "config.toml"
    config.write_bytes(BEFORE)
    await owner.serve("serve")
    await owner.bind(tmp_path / "codex", replace=False, rotate=False)
    bound = config.read_bytes()
    for kind in Kind:
        owner.startup.enable(kind)
    await owner.close()
    config.write_bytes(bound)
    app = make_app(tmp_path, clock)
    yield app
    await app.close()


async def performed(app: App, **arguments: bool) -> Uninstalled:
    return await uninstall(app, Arguments(dict(arguments)))


def elsewhere(folder: Path) -> list[str]:
    """Files outside the data folder."""
    files = (p for p in folder.rglob("*") if not p.is_dir())
    return sorted(str(p.relative_to(folder)) for p in files if p.parts[len(folder.parts)] != "t")


async def test_nothing_of_ours_is_left_but_the_data(app: App, tmp_path: Path) -> None:
    config = tmp_path / "codex" / "config.toml"
    config.write_bytes(BEFORE)
    done = await performed(app)
    assert (done.exit_code, done.homes) == (0, (str(tmp_path / "codex"),))
    assert len(done.entries) == len(Kind)
    assert elsewhere(tmp_path) == ["codex/config.toml"]
    assert config.read_bytes() == BEFORE
    assert app.home.vault.exists()
    assert not (app.home.root / "launch").exists()
    assert (await performed(app)).entries == (), "and again is nothing"


async def test_a_dry_run_says_it_and_changes_nothing(app: App, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    done = await performed(app, dry_run=True, purge=True)
    assert len(done.homes) == 1
    assert len(done.entries) == len(Kind)
    assert str(app.home.vault) in done.purged
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


async def test_purge_leaves_no_file_of_ours(app: App, tmp_path: Path) -> None:
    (app.home.root / "window.json").write_text("{}")  # as the tray left it
    done = await performed(app, purge=True)
    assert str(app.home.vault) in done.purged
    assert elsewhere(tmp_path) == ["codex/config.toml"]
    assert not app.home.root.exists()


async def test_what_somebody_else_keeps_in_the_folder_is_theirs(app: App) -> None:
    (app.home.root / "notes.txt").write_text("mine")
    await performed(app, purge=True)
    assert [p.name for p in app.home.root.iterdir()] == ["notes.txt"]


async def test_a_later_value_is_left_alone_and_what_undoes_it_is_kept(
    app: App, tmp_path: Path
) -> None:
    theirs = b'openai_base_url = "https://gateway.example"\n'
    record = (await app.leases.homes())[0]
    config = tmp_path / "codex" / "config.toml"
    # As the crash of the owner left it: the lease is held, and somebody changed the key since.
    config.write_bytes(BEFORE)
    binder = app.leases._binder
    binder.bind(record, 1)
    config.write_bytes(theirs)
    assert (await performed(app, dry_run=True)).exit_code == 6
    done = await performed(app, purge=True)
    assert (done.exit_code, done.homes, done.purged) == (6, (), ())
    assert config.read_bytes() == theirs
    assert app.home.vault.exists()


async def test_a_home_that_cannot_be_given_back_is_named(app: App, tmp_path: Path) -> None:
    config = tmp_path / "codex" / "config.toml"
    config.write_bytes(BEFORE)
    app.leases._binder.bind(tmp_path / "codex", 1)
    config.write_bytes(config.read_bytes() + b"= broken\n")
    done = await performed(app, purge=True)
    assert (done.exit_code, done.purged) == (1, ())
    assert str(config) in " ".join(done.messages)
    assert len(done.entries) == len(Kind), "the rest is done all the same"


async def test_a_turntable_that_runs_is_not_taken_apart(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    with pytest.raises(CoreError) as raised:
        await performed(app)
    assert raised.value.code == "owned"
    assert (await performed(app, dry_run=True)).exit_code == 0
    await app.close()


async def test_a_folder_that_never_was_is_no_trouble(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock)
    done = await performed(app, purge=True)
    assert (done.homes, done.entries, done.purged) == ((), (), ())
    assert not app.home.root.exists()
    await app.close()


async def test_an_owned_folder_is_not_purged(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.storage.purge._WAIT_S", 0.05)
    with OwnerLock(app.home.owner_lock, mode="serve") as owner:
        assert owner.try_acquire()
        before = our_files(app.home)
        with pytest.raises(CoreError) as raised:
            await purge(app.home, keyring=SystemKeyring())
    assert raised.value.code == "owned"
    assert our_files(app.home) == before
