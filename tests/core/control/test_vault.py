"""`vault`: what opens the logins, and how that is changed without losing one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.vault import VaultAnswer, vault
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.storage.slots import SlotKind
from tests.core.control.apps import make_app
from tests.core.storage.samples import login
from tests.fakes.clock import FakeClock

OLD, NEW = "an old fake passphrase", "a new fake passphrase"
WORK = AccountId("acc_work")


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """With one login, which a passphrase opens."""
    app = make_app(tmp_path, clock)
    await app.hold("vault")
    await app.unlock(OLD)
    await app.folder.vault.put(WORK, login())
    yield app
    await app.close()


async def do(app: App, action: str, **given: str) -> VaultAnswer:
    return await vault(app, Arguments({"action": action, **given}))


async def opens(app: App, **how: str) -> bool:
    held = app.folder.vault
    held.lock()
    try:
        await held.unlock(**how)
    except CoreError:
        await held.unlock(passphrase=NEW)
        return False
    return await held.get(WORK) == login()


async def test_without_a_word_it_says_what_opens_the_logins(app: App) -> None:
    answer = await vault(app, Arguments({}))
    assert (answer.slots, answer.locked) == (("passphrase",), False)
    assert answer.messages == ("What opens your logins: a passphrase.",)


async def test_a_new_passphrase_counts_instead_of_the_old(app: App) -> None:
    answer = await do(app, "add-passphrase", new_passphrase=NEW)
    assert answer.slots == ("passphrase",)
    assert await opens(app, passphrase=NEW)
    assert not await opens(app, passphrase=OLD)


async def test_a_lost_passphrase_is_made_up_for_by_the_recovery_code(app: App) -> None:
    code = (await do(app, "recovery-code")).recovery_code
    assert code is not None
    app.folder.vault.lock()
    answer = await do(app, "recover", recovery_code=code, new_passphrase=NEW)
    assert (answer.slots, answer.locked) == (("passphrase", "recovery"), False)
    assert await opens(app, passphrase=NEW)


async def test_a_new_key_leaves_every_login_and_ends_the_old_code(app: App) -> None:
    old = (await do(app, "recovery-code")).recovery_code
    new = (await do(app, "rekey", passphrase=OLD)).recovery_code
    assert old is not None
    assert new is not None
    await do(app, "add-passphrase", new_passphrase=NEW)
    assert await opens(app, passphrase=NEW)
    assert await opens(app, recovery=new)
    assert not await opens(app, recovery=old)


async def test_a_new_key_with_a_wrong_passphrase_changes_nothing(app: App) -> None:
    for given in ({"passphrase": NEW}, {}):
        with pytest.raises(CoreError) as caught:
            await do(app, "rekey", **given)
        assert caught.value.code == "locked"
    assert await opens(app, passphrase=OLD)


async def test_a_damaged_login_stops_a_new_key_before_anything_is_changed(app: App) -> None:
    await app.folder.vault.put(AccountId("acc_other"), login("B"))
    await app.folder.database.write(
        lambda file: file.execute("UPDATE secret SET sealed = x'00' WHERE account = 'acc_other'")
    )
    with pytest.raises(CoreError) as caught:
        await do(app, "rekey", passphrase=OLD)
    assert caught.value.code == "login_damaged"
    assert await opens(app, passphrase=OLD)


async def test_what_alone_opens_the_logins_is_kept(app: App) -> None:
    await do(app, "recovery-code")
    with pytest.raises(CoreError) as caught:
        await do(app, "remove", slot="passphrase")
    assert caught.value.code == "last_key_slot"
    answer = await do(app, "remove", slot="recovery")
    assert answer.slots == (SlotKind.PASSPHRASE.value,)


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        pytest.param("add-passphrase", {}, "new_passphrase_needed", id="no new passphrase"),
        pytest.param("add-passphrase", {"new_passphrase": " "}, "bad_passphrase", id="a blank"),
        pytest.param("recover", {}, "recovery_code_needed", id="no code"),
        pytest.param("recover", {"recovery_code": "x"}, "new_passphrase_needed", id="no new one"),
        pytest.param("remove", {}, "usage", id="nothing to remove"),
        pytest.param("add-keyring", {}, "no_keyring", id="no keyring"),
    ],
)
async def test_what_is_missing_is_asked_for(
    app: App, action: str, given: dict[str, str], code: str
) -> None:
    with pytest.raises(CoreError) as caught:
        await do(app, action, **given)
    assert caught.value.code == code


async def test_before_the_first_login_there_is_nothing_to_open(
    tmp_path: Path, clock: FakeClock
) -> None:
    app = make_app(tmp_path, clock)
    await app.hold("vault")
    try:
        assert (await vault(app, Arguments({}))).slots == ()
        with pytest.raises(CoreError) as caught:
            await do(app, "recovery-code")
        assert caught.value.code == "no_login_yet"
    finally:
        await app.close()
