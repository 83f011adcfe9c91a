"""`import` of whatever file is named, and what it says of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.logins import Import
from core.control.verbs.stores import Imports, import_logins
from core.domain.account import Refresher
from core.domain.errors import CoreError, ExitCode
from core.standin.people import make_login
from core.storage.slots import SlotKind
from tests.core.accounts.stores.documents import PASSPHRASE, aliased, listed, sealed, written
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock
from tests.fakes.tokens import write_auth_json

A, B = make_login("A"), make_login("B")
VAULT = "a fake passphrase of the vault"


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """Owns its folder for a write; nobody answers at its back end."""
    nobody = f"http://127.0.0.1:{free_port()}/backend-api"
    app = make_app(tmp_path, clock, upstream_base_url=nobody)
    await app.hold("import")
    yield app
    await app.close()


async def stores_of(app: App, **given: str | bool) -> Imports:
    answer = await import_logins(app, Arguments({"passphrase": VAULT, **given}))
    assert isinstance(answer, Imports)
    return answer


async def test_a_store_is_known_by_its_content_and_the_hazard_is_named(
    app: App, tmp_path: Path
) -> None:
    path = written(tmp_path / "anything.txt", listed(A, B))
    answer = await stores_of(app, file=str(path))
    assert [one.outcome for one in answer.imported] == ["added", "added"]
    assert answer.exit_code == ExitCode.DONE
    assert "These logins live in two places now." in "\n".join(answer.messages)
    assert A.refresh_token not in "\n".join(answer.messages)


async def test_the_first_login_comes_with_a_recovery_code_and_the_next_does_not(
    app: App, tmp_path: Path
) -> None:
    first = await stores_of(app, file=str(written(tmp_path / "a.json", listed(A))))
    second = await stores_of(app, file=str(written(tmp_path / "b.json", listed(B))))
    assert first.recovery_code is not None
    assert f"Recovery code: {first.recovery_code}" in first.messages
    assert second.recovery_code is None
    app.folder.vault.lock()
    await app.folder.vault.unlock(recovery=first.recovery_code)
    assert SlotKind.RECOVERY in app.folder.vault.slots


async def test_codexs_own_login_still_comes_in_by_itself(app: App, tmp_path: Path) -> None:
    write_auth_json(tmp_path / "codex", A)
    answer = await import_logins(app, Arguments({"passphrase": VAULT, "from": "codex"}))
    assert isinstance(answer, Import)
    assert (answer.outcome, answer.recovery_code is not None) == ("added", True)
    assert "Its login stays Codex’s" in answer.messages[2]


async def test_a_sealed_store_opens_with_a_passphrase_of_its_own(app: App, tmp_path: Path) -> None:
    path = str(written(tmp_path / "a.json", sealed(aliased(A))))
    with pytest.raises(CoreError) as caught:
        await stores_of(app, file=path)
    assert caught.value.code == "store_locked"
    answer = await stores_of(app, file=path, file_passphrase=PASSPHRASE)
    assert [one.label for one in answer.imported] == ["alias-A"]


async def test_taking_says_what_became_of_each(app: App, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", aliased(A))
    copy = written(tmp_path / "a.json.lkg", aliased(A))
    answer = await stores_of(app, file=str(path), take=True)
    (account,) = app.state.accounts.values()
    assert account.refresher is Refresher.TURNTABLE
    assert answer.taken == (account.id,)
    told = "\n".join(answer.messages)
    assert "alias-A is Turntable’s now; its store holds it no more." in told
    assert str(copy) in told


async def test_codexs_own_login_is_never_taken_apart(app: App, tmp_path: Path) -> None:
    path = write_auth_json(tmp_path / "codex", A)
    for given in ({"file": str(path)}, {"from": "codex"}):
        with pytest.raises(CoreError) as caught:
            await stores_of(app, take=True, **given)
        assert (caught.value.code, caught.value.exit_code) == ("take_live_login", ExitCode.USAGE)
    assert app.state.accounts == {}
    assert A.refresh_token in path.read_text()


async def test_what_is_left_out_is_named_and_nothing_usable_is_a_failure(
    app: App, tmp_path: Path
) -> None:
    document = listed(A)
    del document["accounts"][0]["accessToken"]
    answer = await stores_of(app, file=str(written(tmp_path / "a.json", document)))
    assert [(one.name, one.why) for one in answer.skipped] == [("a@example.com", "no_access_token")]
    assert answer.messages[0].startswith("a@example.com was left out")
    assert answer.exit_code == ExitCode.FAILED


async def test_an_empty_store_says_so(app: App, tmp_path: Path) -> None:
    answer = await stores_of(app, file=str(written(tmp_path / "a.json", aliased())))
    assert answer.messages == ("There is no login in it.",)


@pytest.mark.parametrize("tool", ["codex-multi-auth", "router", "opencode"])
async def test_a_tools_own_place_is_looked_at_only_by_its_name(
    app: App, tmp_path: Path, tool: str
) -> None:
    with pytest.raises(CoreError) as caught:
        await stores_of(app, **{"from": tool})
    assert caught.value.code == "store_missing"
    assert str(tmp_path) in caught.value.message
    place = {
        "codex-multi-auth": "codex/multi-auth/openai-codex-accounts.json",
        "router": "codex/multi-auth/openai-accounts.json",
        "opencode": ".config/opencode-multi-auth/accounts.json",
    }[tool]
    written(tmp_path / place, aliased(A) if tool == "opencode" else listed(A))
    answer = await stores_of(app, **{"from": tool})
    assert [one.outcome for one in answer.imported] == ["added"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param('{"turntable": "backup"}', "is_a_backup", id="a backup of ours"),
        pytest.param("{", "login_broken", id="cut"),
        pytest.param('{"accounts": [], "version": 9}', "store_version", id="a later version"),
    ],
)
async def test_another_file_is_refused_with_what_helps(
    app: App, tmp_path: Path, content: str, code: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(CoreError) as caught:
        await import_logins(app, Arguments({"file": str(path)}))
    assert caught.value.code == code
    assert app.state.accounts == {}


async def test_a_file_and_a_tool_are_not_both_named(app: App) -> None:
    with pytest.raises(CoreError, match="not both"):
        await stores_of(app, file="a", **{"from": "router"})
