"""Codex's own login is changed and changed back; at every instant each login has one owner."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.codex_home.app_server import CodexAccount
from core.domain.account import Account, Refresher
from core.domain.decision import Because
from core.domain.doubt import doubted
from core.domain.errors import CoreError, ExitCode
from core.domain.observed import sign_in_ended
from core.standin.people import renewed
from core.switch.receipt import Result
from core.switch.record import Records
from core.switch.settling import settle_all
from tests.core.oauth.parts import Parts, write_login
from tests.core.switch.conftest import A, B, CutShortError, World, logged_in, switcher_of

SOMEBODY = CodexAccount(kind="chatgpt", email="eve@example.com", plan="")


def owners(parts: Parts) -> dict[str, tuple[Refresher, bool]]:
    """Each account's refresher, and whether it names a source."""
    found = parts.store.state.accounts.values()
    return {a.email.partition("@")[0]: (a.refresher, a.source is not None) for a in found}


OURS, CODEXS = (Refresher.TURNTABLE, False), (Refresher.ELSEWHERE, True)


async def refused(parts: Parts, world: World, account: Account) -> CoreError:
    with pytest.raises(CoreError) as raised:
        await switcher_of(parts, world).switch(account)
    return raised.value


async def test_codex_gets_the_login_and_the_old_one_is_kept_here(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    receipt = await switcher_of(parts, world).switch(bob)
    assert (receipt.done, receipt.account) == (True, bob.id)
    assert {step.result for step in receipt.steps} == {Result.DONE}
    assert logged_in(home) is B
    assert (home / "auth.json").stat().st_mode & 0o777 == 0o600
    assert owners(parts) == {"ada": OURS, "bob": CODEXS}
    assert receipt.displaced is not None
    sealed = await parts.vault.get(receipt.displaced)
    assert sealed is not None
    assert sealed.refresh_token == A.refresh_token
    assert sorted(p.name for p in home.iterdir()) == ["auth.json", "auth.json.lock", "auth.lock"]


async def test_what_the_user_keeps_in_the_file_stays(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    theirs = {"OPENAI_API_KEY": "sk-fake", "another": {"key": 1}}
    write_login(home / "auth.json", {**A.auth_json, **theirs})
    await switcher_of(parts, world).switch(bob)
    written = json.loads((home / "auth.json").read_bytes())
    assert {key: written[key] for key in theirs} == theirs
    assert written["auth_mode"] == "chatgpt"
    assert written["last_refresh"] == B.auth_json["last_refresh"]
    assert written["tokens"]["account_id"] == B.account_id


async def test_undo_gives_back_the_newest_generation_and_takes_the_other_home(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    receipt = await switcher_of(parts, world).switch(bob)
    assert receipt.displaced is not None
    # Both have been refreshed since: B's by Codex in its file, A's by us.
    later = {"issued_at": parts.clock.now(), "expires_at": B.expires_at}
    newer_b, newer_a = renewed(B, **later), renewed(A, **later)
    write_login(home / "auth.json", newer_b.auth_json)
    held = await parts.vault.get(receipt.displaced)
    assert held is not None
    fresh = replace(held, refresh_token=newer_a.refresh_token, access_token=newer_a.access_token)
    await parts.vault.put(receipt.displaced, fresh)

    undone = await switcher_of(parts, world).undo()

    assert undone.done
    tokens = json.loads((home / "auth.json").read_bytes())["tokens"]
    assert tokens["refresh_token"] == newer_a.refresh_token, "never old bytes"
    assert owners(parts) == {"ada": CODEXS, "bob": OURS}
    sealed = await parts.vault.get(bob.id)
    assert sealed is not None
    assert sealed.refresh_token == newer_b.refresh_token
    with pytest.raises(CoreError) as raised:
        await switcher_of(parts, world).undo()
    assert raised.value.code == "nothing_to_undo"


async def test_where_nobody_was_signed_in_undo_signs_out_and_loses_nothing(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    (home / "auth.json").unlink()
    assert (await switcher_of(parts, world).switch(bob)).displaced is None
    assert logged_in(home) is B
    assert (await switcher_of(parts, world).undo()).done
    assert not (home / "auth.json").exists()
    assert owners(parts) == {"bob": OURS}


async def test_somebody_who_signed_in_since_is_left_alone(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    await switcher_of(parts, world).switch(bob)
    write_login(home / "auth.json", A.auth_json)
    before = (home / "auth.json").read_bytes()
    with pytest.raises(CoreError) as raised:
        await switcher_of(parts, world).undo()
    assert raised.value.exit_code is ExitCode.LEFT_ALONE
    assert (home / "auth.json").read_bytes() == before


async def test_a_dry_run_says_everything_and_changes_nothing(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    before = (home / "auth.json").read_bytes()
    receipt = await switcher_of(parts, world).switch(bob, dry_run=True)
    assert receipt.done
    assert {s.result for s in receipt.steps} == {Result.DONE, Result.PLANNED}
    world.running = (4242,)
    assert not (await switcher_of(parts, world).switch(bob, dry_run=True)).done
    assert (home / "auth.json").read_bytes() == before
    assert owners(parts) == {"bob": OURS}
    assert [p.name for p in home.iterdir()] == ["auth.json"]


# --- refused -----------------------------------------------------------------------------------


async def test_a_running_codex_is_named(parts: Parts, world: World, bob: Account) -> None:
    world.running = (4242,)
    error = await refused(parts, world, bob)
    assert error.code == "switch_refused"
    assert "4242" in error.message


@pytest.mark.parametrize(
    ("config", "told"),
    [
        pytest.param({"forced_login_method": "api"}, "another way", id="another way to sign in"),
        pytest.param(
            {"forced_chatgpt_workspace_id": "ws-other"}, "another workspace", id="a workspace"
        ),
        pytest.param(
            {"forced_chatgpt_workspace_id": ["ws-1", "ws-2"]}, "another workspace", id="several"
        ),
        pytest.param({"allowed_login_methods": ("api",)}, "another way", id="a required way"),
        pytest.param(
            {"cli_auth_credentials_store": "keyring"}, "keyring", id="a store that is required"
        ),
    ],
)
async def test_what_the_configuration_forces_would_delete_the_login(
    parts: Parts, world: World, bob: Account, config: dict[str, object], told: str
) -> None:
    world.config = config
    assert told in (await refused(parts, world, bob)).message
    assert logged_in(world.home) is A


async def test_a_forced_workspace_that_fits_is_no_trouble(
    parts: Parts, world: World, bob: Account
) -> None:
    world.config = {
        "forced_chatgpt_workspace_id": B.account_id,
        "forced_login_method": "chatgpt",
        "allowed_login_methods": ("api", "chatgpt"),
        "cli_auth_credentials_store": "file",
    }
    assert (await switcher_of(parts, world).switch(bob)).done


@pytest.mark.parametrize("store", ["keyring", "auto", "ephemeral"])
async def test_a_login_that_codex_keeps_elsewhere_is_not_ours_to_write(
    parts: Parts, home: Path, world: World, bob: Account, store: str
) -> None:
    (home / "config.toml").write_text(f'cli_auth_credentials_store = "{store}"\n')
    assert store in (await refused(parts, world, bob)).message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-fake"}', "API key", id="API key"),
        pytest.param('{"auth_mode":"bedrock"}', "bedrock", id="another mode"),
        pytest.param("{", "not whole", id="half a file"),
    ],
)
async def test_a_file_that_is_no_chatgpt_login_is_left_as_it_is(
    parts: Parts, world: World, bob: Account, content: str, told: str
) -> None:
    auth = world.home / "auth.json"
    auth.write_text(content)
    assert told in (await refused(parts, world, bob)).message
    assert auth.read_text() == content
    assert owners(parts) == {"bob": OURS}


async def test_a_login_that_another_codex_refreshes_is_not_copied(
    parts: Parts, home: Path, world: World
) -> None:
    imported = await parts.imported(B)
    assert "second Codex" in (await refused(parts, world, imported)).message
    mine = await parts.imported(A)
    assert "already" in (await refused(parts, world, mine)).message
    assert logged_in(home) is A


async def test_a_login_in_doubt_or_signed_out_is_not_handed_out(
    parts: Parts, world: World, bob: Account
) -> None:
    parts.store.learn(doubted(bob.id, Because.IN_DOUBT))
    assert "not certain" in (await refused(parts, world, bob)).message
    parts.store.learn(sign_in_ended(bob.id, Because.SIGN_IN_ENDED))
    assert "signed out" in (await refused(parts, world, bob)).message


async def test_a_refresh_that_never_came_back_is_found_under_the_lease(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    await parts.vault.intend(bob.id, 1)
    assert (await refused(parts, world, bob)).exit_code is ExitCode.SIGN_IN_NEEDED
    assert owners(parts)["bob"] == OURS
    assert logged_in(home) is A


# --- what goes wrong ---------------------------------------------------------------------------


async def test_when_codex_says_another_is_signed_in_the_file_is_as_before(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    before = (home / "auth.json").read_bytes()
    world.says = SOMEBODY
    receipt = await switcher_of(parts, world).switch(bob)
    assert not receipt.done
    assert [s.name for s in receipt.steps if s.result is Result.FAILED] == ["verify"]
    assert receipt.steps[-1].name == "roll back"
    assert (home / "auth.json").read_bytes() == before
    assert owners(parts) == {"ada": CODEXS, "bob": OURS}


async def test_a_crash_before_the_write_is_taken_back(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    before = (home / "auth.json").read_bytes()
    world.crash_in = "landed"
    with pytest.raises(CutShortError):
        await switcher_of(parts, world).switch(bob)
    assert owners(parts)["bob"] == CODEXS, "we do not present it while nobody knows"
    world.crash_in = ""
    await switcher_of(parts, world).settle()
    assert owners(parts) == {"ada": CODEXS, "bob": OURS}
    assert (home / "auth.json").read_bytes() == before
    assert dict(parts.store.observed.unverified) == {}


async def test_a_crash_after_the_write_is_finished(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    world.crash_in = "who"
    with pytest.raises(CutShortError):
        await switcher_of(parts, world).switch(bob)
    assert owners(parts) == {"ada": CODEXS, "bob": CODEXS}
    world.crash_in = ""
    await switcher_of(parts, world).settle()
    assert owners(parts) == {"ada": OURS, "bob": CODEXS}
    assert logged_in(home) is B
    assert (await switcher_of(parts, world).undo()).done


async def test_a_crash_and_a_sign_in_after_it_leave_a_doubt_and_no_guess(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    world.crash_in = "who"
    with pytest.raises(CutShortError):
        await switcher_of(parts, world).switch(bob)
    world.crash_in = ""
    write_login(
        home / "auth.json",
        renewed(A, issued_at=parts.clock.now(), expires_at=A.expires_at).auth_json,
    )
    await switcher_of(parts, world).settle()
    assert dict(parts.store.observed.unverified) == {bob.id: Because.IN_DOUBT}


async def test_the_next_start_settles_every_home_and_skips_what_it_cannot(
    parts: Parts, home: Path, world: World, bob: Account
) -> None:
    world.crash_in = "who"
    with pytest.raises(CutShortError):
        await switcher_of(parts, world).switch(bob)
    folder = parts.folder / "switches"
    (folder / "damaged.json").write_text("{")
    (home / "auth.json").rename(home / "kept")
    (home / "auth.json").mkdir()
    await settle_all(parts.store, folder)
    assert owners(parts)["bob"] == CODEXS, "the file cannot be read: nobody knows yet"
    (home / "auth.json").rmdir()
    (home / "kept").rename(home / "auth.json")
    await settle_all(parts.store, folder)
    assert owners(parts) == {"ada": OURS, "bob": CODEXS}
    assert Records(folder).homes() == (home,)


async def test_a_record_that_cannot_be_read_is_named(
    parts: Parts, world: World, bob: Account
) -> None:
    await switcher_of(parts, world).switch(bob)
    (record,) = (parts.folder / "switches").iterdir()
    record.write_text("{")
    with pytest.raises(CoreError) as raised:
        await switcher_of(parts, world).undo()
    assert raised.value.code == "switch_record_damaged"
