"""A backup opens with its key, says when it is damaged, and shows nothing of a secret."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.storage.backup import Kept, KeptLogin, compose, open_backup, parse
from core.storage.slots import SlotKind, keyring_slot
from tests.core.storage.samples import NOW, account, login, pieces
from tests.core.storage.strategies import account_ids, any_of

KEY = b"k" * 32


def drawn(count: int) -> bytes:
    return b"r" * count


SLOT = keyring_slot("vault-1", KEY, b"e" * 32, random=drawn)
KEPT = Kept(
    accounts=(account(1), account(2)),
    logins=(KeptLogin(account=account(1).id, credentials=login()),),
)


def text_of(kept: Kept = KEPT) -> str:
    return compose(KEY, kept, vault="vault-1", slots=(SLOT,), made_at=NOW, random=drawn)


def code_of(text: str) -> str:
    with pytest.raises(CoreError) as caught:
        parse(text)
    return caught.value.code


def opened_or_code(text: str) -> Kept | str:
    try:
        return open_backup(parse(text), KEY)
    except CoreError as error:
        return error.code


def test_a_backup_carries_what_opens_it() -> None:
    backup = parse(text_of())
    assert (backup.vault, backup.slots, backup.made_at) == ("vault-1", (SLOT,), NOW)
    assert open_backup(backup, KEY) == KEPT
    assert KEPT.login_of(account(1).id) == login()
    assert KEPT.login_of(account(2).id) is None


kept_values = st.builds(
    Kept,
    accounts=st.lists(any_of(Account), max_size=3).map(tuple),
    logins=st.lists(
        st.builds(KeptLogin, account=account_ids, credentials=any_of(Credentials)), max_size=3
    ).map(tuple),
)


@given(kept_values)
def test_whatever_is_kept_comes_back(kept: Kept) -> None:
    assert open_backup(parse(text_of(kept)), KEY) == kept


@given(st.integers(0, len(text_of()) - 2))
def test_a_backup_that_is_cut_is_called_damaged(length: int) -> None:
    assert code_of(text_of()[:length]) == "backup_damaged"


@given(st.integers(0, len(text_of()) - 2), st.integers(1, 255))
def test_a_changed_byte_never_opens_as_something_else(at: int, change: int) -> None:
    content = bytearray(text_of().encode())
    content[at] ^= change
    # Another way to write the same JSON (a space for a line's end) is the same backup.
    assert opened_or_code(content.decode("utf-8", "replace")) in (
        KEPT,
        "backup_damaged",
        "backup_unknown",
        "backup_newer",
    )


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CoreError) as caught:
        open_backup(parse(text_of()), b"x" * 32)
    assert caught.value.code == "backup_damaged"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"vault": "vault-2"}, id="another vault"),
        pytest.param({"slots": ()}, id="fewer slots"),
    ],
)
def test_what_stands_around_the_content_is_sealed_with_it(changed: dict[str, object]) -> None:
    backup = replace(parse(text_of()), **changed)  # type: ignore[arg-type]
    with pytest.raises(CoreError):
        open_backup(backup, KEY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "backup_damaged", id="empty"),
        pytest.param("[]", "backup_unknown", id="no object"),
        pytest.param('{"turntable": "export"}', "backup_unknown", id="an export"),
        pytest.param('{"turntable": "backup", "version": 2}', "backup_newer", id="a later one"),
        pytest.param('{"turntable": "backup"}', "backup_damaged", id="without a version"),
        pytest.param("[" * 100_000, "backup_damaged", id="nested too deeply"),
    ],
)
def test_what_is_no_backup_is_refused_with_a_sentence(text: str, code: str) -> None:
    assert code_of(text) == code


def test_a_slot_of_a_later_version_is_passed_over() -> None:
    document = json.loads(text_of())
    known = {name: value for name, value in document.items() if name != "sha256"}
    known["slots"].append({"kind": "tpm", "parameters": "{}", "sealed": ""})
    assert code_of(json.dumps(known)) == "backup_damaged"
    assert [slot.kind for slot in parse(text_of()).slots] == [SlotKind.KEYRING]


def test_no_piece_of_a_secret_stands_in_it() -> None:
    content = text_of().encode()
    secrets = (login().access_token, login().refresh_token, login().id_token)
    assert not any(piece in content for secret in secrets for piece in pieces(secret))
    assert b"person1@example.com" not in content
