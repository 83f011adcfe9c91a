"""What is taken leaves its store, and only that; the tool's own lock is respected."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.stores.files import copies_beside, login_in_store, read_text, take_out
from core.accounts.stores.recognise import read_store, without_logins
from core.domain.account import Identity
from core.domain.errors import CoreError
from core.standin.people import make_login
from tests.core.accounts.stores.documents import PASSPHRASE, aliased, listed, sealed, written

LOGINS = [make_login(name) for name in "ABCD"]
A, B, C, D = LOGINS
EVERY_FORM = [
    pytest.param(listed, id="codex-multi-auth"),
    pytest.param(aliased, id="opencode"),
    pytest.param(lambda *logins: sealed(aliased(*logins)), id="opencode, sealed"),
]


def held(path: Path) -> list[str]:
    """Whose logins a store holds."""
    contents = read_store(path.read_text(), passphrase=PASSPHRASE)
    return [entry.login.identity.user for entry in contents.entries]


@pytest.mark.parametrize("form", EVERY_FORM)
def test_what_is_taken_is_gone_and_the_others_stay(tmp_path: Path, form: Any) -> None:
    path = written(tmp_path / "store.json", form(A, B, C))
    tokens = {A.refresh_token, C.refresh_token}
    assert take_out(path, tokens, passphrase=PASSPHRASE) == tokens
    assert held(path) == ["user-B"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["store.json"]


def test_a_token_that_was_renewed_meanwhile_is_not_taken(tmp_path: Path) -> None:
    path = written(tmp_path / "store.json", listed(A))
    before = path.read_bytes()
    assert take_out(path, {B.refresh_token}, passphrase=None) == frozenset()
    assert path.read_bytes() == before


@given(st.sets(st.sampled_from(range(4))), st.integers(0, 3), st.integers(0, 3))
def test_what_points_at_an_account_follows_it(gone: set[int], active: int, pinned: int) -> None:
    document = listed(
        *LOGINS,
        activeIndex=active,
        activeIndexByFamily={"f": active},
        pinnedAccountIndex=pinned,
    )
    tokens = {LOGINS[number].refresh_token for number in gone}
    text = without_logins(
        json.dumps(document), tokens.__contains__, passphrase=None, random=os.urandom
    )
    after = json.loads(text)
    kept = [number for number in range(4) if number not in gone]
    assert after["accounts"] == [document["accounts"][number] for number in kept]
    expected = kept.index(active) if active in kept else 0
    assert after["activeIndex"] == after["activeIndexByFamily"]["f"] == expected
    assert after.get("pinnedAccountIndex") == (kept.index(pinned) if pinned in kept else None)


@pytest.mark.parametrize(
    ("more", "forced"),
    [
        pytest.param({"forcedAlias": "alias-A"}, lambda d: d["forcedAlias"], id="at the top"),
        pytest.param(
            {"force": {"forcedAlias": "alias-A", "forcedBy": "x"}},
            lambda d: d["force"]["forcedAlias"],
            id="below force",
        ),
    ],
)
def test_an_alias_that_is_gone_is_neither_active_nor_forced(
    more: dict[str, object], forced: Any
) -> None:
    goes = {A.refresh_token}.__contains__
    text = json.dumps(aliased(A, B, **more))
    after = json.loads(without_logins(text, goes, passphrase=None, random=os.urandom))
    assert (after["activeAlias"], forced(after)) == ("alias-B", None)
    assert after["rotationIndex"] == 0


@pytest.mark.parametrize(
    ("form", "lock"), [(listed, ".write-lock"), (aliased, ".lock")], ids=["list", "aliases"]
)
def test_a_store_that_its_tool_is_writing_is_left_alone(
    tmp_path: Path, form: Any, lock: str
) -> None:
    path = written(tmp_path / "store.json", form(A))
    (tmp_path / f"store.json{lock}").mkdir()
    (tmp_path / f"store.json{lock}" / "owner").touch()
    before = path.read_bytes()
    with pytest.raises(CoreError) as caught:
        take_out(path, {A.refresh_token}, passphrase=None)
    assert caught.value.code == "store_busy"
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store.json", f"store.json{lock}"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    path = written(tmp_path / "real" / "store.json", listed(A, B))
    link = tmp_path / "store.json"
    link.symlink_to(path)
    take_out(link, {A.refresh_token}, passphrase=None)
    assert link.is_symlink()
    assert held(path) == ["user-B"]


def test_copies_of_what_was_taken_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "store.json", aliased(A, B))
    last_good = written(tmp_path / "store.json.lkg", aliased(A, B))
    backup = written(tmp_path / "backups" / "monday.json", aliased(A))
    written(tmp_path / "backups" / "other.json", aliased(B))
    (tmp_path / "store.json.folder").mkdir()
    assert copies_beside(path, {A.refresh_token}) == (last_good, backup)


def test_one_accounts_login_is_found_again(tmp_path: Path) -> None:
    path = written(tmp_path / "store.json", listed(A, B))
    found = login_in_store(path, Identity(user="user-B", workspace="acct-B"))
    assert found is not None
    assert found.login.credentials.access_token == B.access_token
    assert login_in_store(path, Identity(user="user-C", workspace="acct-C")) is None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(lambda path: path.unlink(), "store_missing", id="missing"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), "store_unreadable", id="a folder"),
        pytest.param(lambda path: path.write_bytes(b"\xff"), "store_unreadable", id="not UTF-8"),
        pytest.param(
            lambda path: os.truncate(path, 17 * 1024 * 1024), "store_unreadable", id="huge"
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, spoil: Any, code: str) -> None:
    path = written(tmp_path / "store.json", listed(A))
    spoil(path)
    with pytest.raises(CoreError) as caught:
        read_text(path)
    assert caught.value.code == code
    assert str(path) in caught.value.message
