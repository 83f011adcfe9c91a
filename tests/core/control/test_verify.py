"""`verify` says what is wrong with what is kept, and changes nothing."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.verify import Verification, verify
from core.domain.errors import ExitCode
from core.domain.state import put_account
from core.storage import crash_test as crash
from tests.core.control.apps import free_port, make_app
from tests.core.storage.samples import account, everything_under, login
from tests.fakes.clock import FakeClock

PASSPHRASE = "a fake passphrase"


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """A folder with two logins and a backup, which nobody owns just now."""
    before = make_app(tmp_path, clock)
    await before.hold("test")
    await before.unlock(PASSPHRASE)
    for number in (1, 2):
        await before.folder.vault.put(account(number).id, login(f"L{number}"))
        await before.folder.store.change(put_account(account(number)))
    await before.folder.backups.write_ours()
    await before.close()
    app = make_app(tmp_path, clock)
    yield app
    await app.close()


async def verified(app: App, **given: str) -> Verification:
    return await verify(app, Arguments({"passphrase": PASSPHRASE, **given}))


def of(answer: Verification, part: str) -> tuple[str, str]:
    (one,) = (one for one in answer.parts if one.part == part)
    return one.health, one.code


async def test_a_whole_folder_is_called_whole(app: App) -> None:
    answer = await verified(app)
    assert (answer.health, answer.exit_code) == ("good", ExitCode.DONE)
    assert [part.part for part in answer.parts] == [
        "settings",
        "vault",
        "ledger",
        "logins",
        "backups",
        "journal",
    ]
    assert "✓ All 2 sealed logins open." in answer.messages
    assert not (app.home.run / "crash-test").exists()


async def test_a_serving_owner_looks_over_its_own_files(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    try:
        await app.unlock(PASSPHRASE)
        await app.folder.vault.put(account(1).id, login())
        assert (await verified(app)).health == "good"
    finally:
        await app.close()


async def test_an_empty_folder_is_nothing_bad(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock)
    answer = await verified(app)
    assert answer.exit_code == ExitCode.DONE
    assert of(answer, "journal") == ("unknown", "unknown")
    assert not app.home.root.exists()


def _truncate(app: App) -> None:
    with app.home.vault.open("r+b") as file:
        file.truncate(app.home.vault.stat().st_size // 2)


def _overwrite_a_page(app: App) -> None:
    with app.home.vault.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def _sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def _flip_in_a_login(app: App) -> None:
    _sql(
        app.home.vault,
        "UPDATE secret SET sealed = CAST(substr(sealed, 1, 40) || x'00' AS BLOB)"
        " WHERE account LIKE '%1'",
    )


def _spoil_a_row(app: App) -> None:
    _sql(app.home.vault, "UPDATE state SET document = '{' WHERE key LIKE 'acc_%2'")


def _change_a_letter(app: App) -> None:
    _sql(app.home.vault, "UPDATE state SET document = replace(document, 'Work 2', 'Wark 2')")


def _half_a_backup(app: App) -> None:
    (backup,) = app.home.backups.iterdir()
    backup.write_bytes(backup.read_bytes()[:300])


def _spoil_the_ledger(app: App) -> None:
    app.home.ledger.write_bytes(b"not a database at all" * 100)


def _spoil_the_settings(app: App) -> None:
    app.home.settings.write_text("[proxy\nport = 1")


@pytest.mark.parametrize(
    ("spoil", "part", "code"),
    [
        pytest.param(_truncate, "vault", "data_damaged", id="a truncated database"),
        pytest.param(_overwrite_a_page, "vault", "data_damaged", id="an overwritten page"),
        pytest.param(_spoil_a_row, "vault", "rows_damaged", id="an entry that is none"),
        pytest.param(_change_a_letter, "vault", "rows_altered", id="another letter in a label"),
        pytest.param(_flip_in_a_login, "logins", "login_damaged", id="a changed byte in a login"),
        pytest.param(_half_a_backup, "backups", "backup_damaged", id="half a backup"),
        pytest.param(_spoil_the_ledger, "ledger", "data_damaged", id="a history that is none"),
        pytest.param(_spoil_the_settings, "settings", "config_invalid", id="settings cut short"),
    ],
)
async def test_what_is_damaged_is_named_and_left_as_it_is(
    app: App, spoil: Callable[[App], None], part: str, code: str
) -> None:
    spoil(app)
    files = {
        name: content
        for name, content in everything_under(app.home.root).items()
        if not name.startswith("run/") and not name.endswith(("-wal", "-shm"))
    }
    answer = await verified(app)
    assert of(answer, part) == ("bad", code)
    assert answer.exit_code == ExitCode.FAILED
    await app.close()
    after = everything_under(app.home.root)
    assert {name: after[name] for name in files} == files


async def test_a_damaged_database_names_the_backup_that_mends_it(app: App) -> None:
    _truncate(app)
    (backup,) = app.home.backups.iterdir()
    told = "\n".join((await verified(app)).messages)
    assert f"turntable restore {backup}" in told


async def test_without_the_passphrase_the_logins_are_unknown_and_nothing_is_bad(app: App) -> None:
    answer = await verify(app, Arguments({}))
    assert of(answer, "logins") == ("unknown", "unknown")
    assert answer.exit_code == ExitCode.DONE


async def test_a_disk_that_loses_what_was_committed_is_found_out(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(folder: Path) -> set[int]:
        return {1}

    monkeypatch.setattr(crash, "_read_back", forgetful)
    answer = await verified(app)
    assert of(answer, "journal") == ("bad", "crash_journal_failed")
    assert not (app.home.run / "crash-test").exists()
