"""`backup`, `restore` and `export` as they are typed, and what they say."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.accounts.changes import rename
from core.app import App
from core.control.facade import JsonValue
from core.control.verb import Arguments
from core.control.verbs.backup import Exported, backup, export, restore
from core.control.verbs.pools import pool
from core.control.verbs.profiles import profile
from core.control.verbs.rules import rule
from core.control.verbs.stores import import_logins
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.policies import add_tag, set_reserve, set_weight
from core.domain.report import StatusReport
from core.domain.state import put_account
from core.storage.settings_edits import set_in_file
from tests.core.control.apps import make_app
from tests.core.storage.samples import account, login
from tests.fakes.clock import FakeClock

VAULT, FILE = "a fake passphrase", "a fake passphrase of a file"


async def filled(folder: Path, clock: FakeClock) -> App:
    folder.mkdir()
    app = make_app(folder, clock)
    await app.hold("backup")
    await app.unlock(VAULT)
    for number in (1, 2):
        await app.folder.vault.put(account(number).id, login(f"L{number}"))
        await app.folder.store.change(put_account(account(number)))
    return app


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """With two accounts, which a passphrase opens."""
    app = await filled(tmp_path / "here", clock)
    yield app
    await app.close()


@pytest.fixture
async def new(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """A new machine."""
    (tmp_path / "new").mkdir()
    app = make_app(tmp_path / "new", clock)
    await app.hold("restore")
    yield app
    await app.close()


def given(**values: JsonValue) -> Arguments:
    return Arguments(values)


def offered(report: StatusReport) -> list[str]:
    return [notice.text for notice in report.notices if notice.code == "backup_here"]


class TestBackupAndRestore:
    async def test_a_backup_moves_everything_to_another_machine(
        self, app: App, new: App, tmp_path: Path
    ) -> None:
        path = str(tmp_path / "mine.backup")
        made = await backup(app, given(file=path))
        assert (made.accounts, made.logins, made.opened_by) == (2, 2, ("passphrase",))
        planned = await restore(new, given(file=path, passphrase=VAULT, dry_run=True))
        assert [one.outcome for one in planned.accounts] == ["added", "added"]
        assert new.state.accounts == {}
        done = await restore(new, given(file=path, passphrase=VAULT))
        assert done.messages[:2] == ("Added #1 Work 1.", "Added #2 Work 2.")
        assert new.state.accounts == app.state.accounts

    async def test_without_a_passphrase_it_is_asked_for(
        self, app: App, new: App, tmp_path: Path
    ) -> None:
        path = str(tmp_path / "mine.backup")
        with pytest.raises(CoreError) as caught:
            await backup(app, given(file=path, with_passphrase=True))
        assert caught.value.code == "file_passphrase_needed"
        await backup(app, given(file=path))
        with pytest.raises(CoreError) as caught:
            await restore(new, given(file=path))
        assert (caught.value.code, caught.value.exit_code) == ("backup_locked", ExitCode.LOCKED)
        assert new.state.accounts == {}

    async def test_our_own_are_listed(self, app: App, clock: FakeClock) -> None:
        assert (await restore(app, given())).messages == ("There is no backup yet.",)
        first = await app.folder.backups.write_ours()
        clock.advance(60)
        second = await app.folder.backups.write_ours()
        listed = await restore(app, given())
        assert listed.available == (str(second), str(first))
        again = await restore(app, given(file=str(first)))
        assert {one.outcome for one in again.accounts} == {"unchanged"}

    async def test_at_a_first_run_a_backup_that_is_there_is_offered(
        self, app: App, tmp_path: Path, clock: FakeClock
    ) -> None:
        path = await app.folder.backups.write_ours()
        assert offered(await app.status(tmp_path)) == []
        await app.close()
        for file in app.home.root.glob("vault.db*"):
            file.unlink()
        again = make_app(tmp_path / "here", clock)
        (text,) = offered(await again.status(tmp_path))
        assert f"`turntable restore {path}` brings its accounts back" in text
        await again.hold("restore")
        await restore(again, given(file=str(path), passphrase=VAULT, file_passphrase=VAULT))
        assert len(again.state.accounts) == 2
        assert offered(await again.status(tmp_path)) == []
        await again.close()

    async def test_saying_that_there_is_no_other_copy_of_what_was_not_restored_does_nothing(
        self, app: App
    ) -> None:
        answer = await restore(app, given(only_copy="#1"))
        assert "was not restored" in answer.messages[0]

    async def test_before_the_first_login_there_is_nothing_to_keep(
        self, new: App, tmp_path: Path
    ) -> None:
        with pytest.raises(CoreError) as caught:
            await backup(new, given(file=str(tmp_path / "mine.backup")))
        assert caught.value.code == "no_login_yet"


class TestExport:
    async def exported(self, app: App, path: Path) -> Exported:
        first = AccountId(account(1).id)
        for change in (
            rename(first, "Studio"),
            set_weight(first, 5),
            set_reserve(first, week=20),
            add_tag(first, "eu"),
        ):
            await app.folder.store.change(change)
        for key, value in (
            ("routing.strategy", "sticky"),
            ("proxy.origins", "http://localhost:3000"),
            ("upstream.header_timeout_s", "60"),
        ):
            set_in_file(app.home.settings, key, value)
        app.reload_settings()
        return await export(app, given(file=str(path)))

    async def test_what_was_decided_travels_and_no_login_does(
        self, app: App, tmp_path: Path, clock: FakeClock
    ) -> None:
        path = tmp_path / "mine.json"
        made = await self.exported(app, path)
        assert made.settings == ("routing.strategy", "proxy.origins")
        text = path.read_text()
        assert not any(word in text for word in ("fake-refresh", "fake-access", "fake-id"))
        other = await filled(tmp_path / "other", clock)
        try:
            done = await import_logins(other, given(file=str(path)))
            assert isinstance(done, Exported)
            assert (done.accounts, other.settings.routing.strategy) == (2, "sticky")
            assert other.settings.proxy.origins == ("http://localhost:3000",)
            assert other.state.accounts == app.state.accounts
        finally:
            await other.close()

    async def test_pools_rules_and_profiles_travel_too(
        self, app: App, tmp_path: Path, clock: FakeClock
    ) -> None:
        await pool(app, given(action="create", pool="Work", accounts=["#1"]))
        await rule(app, given(action="add", folder="/work", pool="Work"))
        await profile(app, given(action="set", name="night", values=["strategy=sticky"]))
        await profile(app, given(action="use", name="night"))
        path = tmp_path / "mine.json"
        await export(app, given(file=str(path)))
        other = await filled(tmp_path / "other", clock)
        try:
            seen = await import_logins(other, given(file=str(path), dry_run=True))
            assert "Its pools (1) and rules (1) take the place" in " ".join(seen.messages)
            assert (other.state.pools, other.state.rules.rules) == ({}, ())
            await import_logins(other, given(file=str(path)))
            assert [one.name for one in other.state.pools.values()] == ["Work"]
            assert [one.folder for one in other.state.rules.rules] == ["/work"]
            assert other.settings.routing.profile == "night"
            assert other.settings.routing.strategy == "sticky"
        finally:
            await other.close()

    async def test_a_profile_that_is_in_no_place_is_not_used(
        self, app: App, tmp_path: Path
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        document = json.loads((tmp_path / "mine.json").read_text())
        document["settings"]["routing.profile"] = "night"
        (tmp_path / "odd.json").write_text(json.dumps(document))
        text = app.home.settings.read_text()
        with pytest.raises(CoreError, match="the profile night"):
            await import_logins(app, given(file=str(tmp_path / "odd.json")))
        assert app.home.settings.read_text() == text

    async def test_a_dry_run_changes_nothing_and_who_is_not_here_is_counted(
        self, app: App, new: App, tmp_path: Path
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        done = await import_logins(new, given(file=str(tmp_path / "mine.json"), dry_run=True))
        assert isinstance(done, Exported)
        assert (done.accounts, new.settings.routing.strategy) == (0, "balanced")
        assert done.messages[1].startswith("2 accounts of the file are not here")

    async def test_a_file_does_not_say_where_logins_are_sent(
        self, app: App, tmp_path: Path
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        document = json.loads((tmp_path / "mine.json").read_text())
        document["settings"] = {
            "upstream.base_url": "https://evil.example",
            "upstream.allow_custom": True,
            "no.such": 1,
        }
        (tmp_path / "evil.json").write_text(json.dumps(document))
        before = app.settings
        done = await import_logins(app, given(file=str(tmp_path / "evil.json")))
        assert app.settings == before
        assert sum("was left as it is" in line for line in done.messages) == 3

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param({"accounts": [{"label": "x"}]}, id="half an account"),
            pytest.param({"settings": {"routing.strategy": {}}}, id="no value of a setting"),
            pytest.param({"settings": {"routing.strategy": "best"}}, id="a value that is none"),
            pytest.param({"settings": {"proxy.port": -1}}, id="a number out of range"),
            pytest.param({"version": 2}, id="a later version"),
            pytest.param({"version": None}, id="without a version"),
        ],
    )
    async def test_what_does_not_fit_changes_nothing_at_all(
        self, app: App, tmp_path: Path, spoil: dict[str, object]
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        document = json.loads((tmp_path / "mine.json").read_text()) | spoil
        (tmp_path / "bad.json").write_text(json.dumps(document))
        before, text = app.state, app.home.settings.read_text()
        with pytest.raises(CoreError):
            await import_logins(app, given(file=str(tmp_path / "bad.json")))
        assert app.state is before
        assert app.home.settings.read_text() == text

    @pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
    async def test_one_that_was_cut_is_named_and_changes_nothing(
        self, app: App, tmp_path: Path, part: float
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        whole = (tmp_path / "mine.json").read_text()
        (tmp_path / "cut.json").write_text(whole[: int(len(whole) * part)])
        before, text = app.state, app.home.settings.read_text()
        with pytest.raises(CoreError) as caught:
            await import_logins(app, given(file=str(tmp_path / "cut.json")))
        assert caught.value.code == "login_broken"
        assert "cut.json" in caught.value.message
        assert caught.value.hint
        assert app.state is before
        assert app.home.settings.read_text() == text

    async def test_a_label_that_another_account_has_is_not_taken_from_it(
        self, app: App, tmp_path: Path
    ) -> None:
        await self.exported(app, tmp_path / "mine.json")
        await app.folder.store.change(rename(account(1).id, "Other"))
        await app.folder.store.change(rename(account(2).id, "studio"))
        await import_logins(app, given(file=str(tmp_path / "mine.json")))
        labels = [one.label for one in app.state.accounts.values()]
        assert labels == ["Other", "Work 2"]

    async def test_a_file_that_is_there_is_not_overwritten(self, app: App, tmp_path: Path) -> None:
        (tmp_path / "mine.json").write_text("dear")
        with pytest.raises(CoreError) as caught:
            await export(app, given(file=str(tmp_path / "mine.json")))
        assert caught.value.code == "file_exists"
        assert (tmp_path / "mine.json").read_text() == "dear"
