"""Each tool's store is known by its content; what is no login in it is named, with the reason."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from core.accounts.stores.entry import StoreKind, Unusable, Why
from core.accounts.stores.opencode_sealed import DoesNotOpenError, open_sealed, seal_again
from core.accounts.stores.recognise import Form, form_of, read_store
from core.domain.account import Identity
from core.domain.errors import CoreError, ExitCode
from core.standin.people import make_login, renewed, without_claims
from tests.core.accounts.stores.documents import PASSPHRASE, aliased, listed, sealed

A, B = make_login("A", plan="team"), make_login("B")


def edited(document: dict[str, Any], **parts: object) -> dict[str, Any]:
    """The document with other parts in its first account."""
    accounts = document["accounts"]
    (accounts[0] if isinstance(accounts, list) else next(iter(accounts.values()))).update(parts)
    return document


@pytest.mark.parametrize(
    ("document", "form"),
    [
        pytest.param(A.auth_json, Form.AUTH_JSON, id="Codex's auth.json"),
        pytest.param({}, Form.AUTH_JSON, id="nothing that is known"),
        pytest.param(listed(A), Form.LIST, id="a list"),
        pytest.param(aliased(A), Form.ALIASES, id="aliases"),
        pytest.param(sealed(aliased(A)), Form.SEALED_ALIASES, id="sealed aliases"),
        pytest.param({"turntable": "backup"}, Form.OUR_BACKUP, id="a backup of ours"),
        pytest.param({"turntable": "export"}, Form.OUR_EXPORT, id="an export of ours"),
        pytest.param({"turntable": "else"}, Form.AUTH_JSON, id="another file of ours"),
    ],
)
def test_a_file_is_known_by_its_content(document: dict[str, Any], form: Form) -> None:
    assert form_of(json.dumps(document)) is form


def test_a_list_gives_its_logins_by_what_their_access_tokens_say() -> None:
    found = read_store(json.dumps(edited(listed(A, B), accountLabel="Work", enabled=False)))
    first, second = found.entries
    assert found.kind is StoreKind.MULTI_AUTH
    assert found.unusable == ()
    assert first.login.identity == Identity(user="user-A", workspace="acct-A")
    assert (first.login.plan, first.login.email) == ("team", "a@example.com")
    assert first.login.credentials.access_token == A.access_token
    assert first.login.credentials.refresh_token == A.refresh_token
    assert first.login.credentials.expires_at == A.expires_at
    assert (first.label, first.enabled, second.label, second.enabled) == ("Work", False, "", True)


@pytest.mark.parametrize("seal", [False, True], ids=["plain", "sealed"])
def test_aliases_give_their_logins_with_what_the_user_said_of_them(seal: bool) -> None:
    document = sealed(aliased(A, B)) if seal else aliased(A, B)
    found = read_store(json.dumps(document), passphrase=PASSPHRASE)
    first = found.entries[0]
    assert (found.kind, len(found.entries)) == (StoreKind.OPENCODE, 2)
    assert first.login.credentials.id_token == A.id_token
    assert (first.label, first.tags, first.note) == ("alias-A", ("Team", "eu"), "the big one")


def test_a_sealed_store_is_what_node_makes_of_it() -> None:
    salt, iv = b"s" * 16, b"i" * 12
    key = hashlib.scrypt(b"pass", salt=salt, n=16384, r=8, p=1, dklen=32)
    whole = AESGCM(key).encrypt(iv, b'{"a": 1}', None)
    parts = {"salt": salt, "iv": iv, "tag": whole[-16:], "data": whole[:-16]}
    document = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    assert open_sealed(document, "pass") == '{"a": 1}'


@settings(max_examples=10, deadline=None)  # each example derives three keys
@given(st.text(max_size=200), st.text(min_size=1, max_size=20))
def test_what_was_sealed_opens_with_its_passphrase_and_no_other(text: str, word: str) -> None:
    document = seal_again(text, word, random=lambda count: b"r" * count)
    assert open_sealed(document, word) == text
    with pytest.raises(DoesNotOpenError):
        open_sealed(document, word + "x")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param({"accessToken": None}, Why.NO_ACCESS_TOKEN, id="no access token"),
        pytest.param({"accessToken": ""}, Why.NO_ACCESS_TOKEN, id="an empty one"),
        pytest.param({"refreshToken": ""}, Why.NO_REFRESH_TOKEN, id="no refresh token"),
        pytest.param({"accessToken": 5}, Why.DAMAGED, id="a number for a token"),
        pytest.param({"refreshToken": "a b"}, Why.DAMAGED, id="a token with a gap"),
        pytest.param({"accountId": []}, Why.DAMAGED, id="a list for a workspace"),
        pytest.param({"accessToken": "fake"}, Why.NO_IDENTITY, id="a token that is no JWT"),
        pytest.param(
            {"accessToken": without_claims(A).access_token}, Why.NO_IDENTITY, id="no claims"
        ),
    ],
)
def test_what_is_no_login_is_named_with_its_reason(parts: dict[str, object], why: Why) -> None:
    found = read_store(json.dumps(edited(listed(A, B), **parts)))
    assert [entry.login.identity.user for entry in found.entries] == ["user-B"]
    assert found.unusable == (Unusable(name="a@example.com", why=why),)


def test_an_entry_that_is_no_object_is_passed_over() -> None:
    found = read_store(json.dumps(listed(A) | {"accounts": ["x", None]}))
    assert [one.why for one in found.unusable] == [Why.NO_ACCESS_TOKEN] * 2


def test_an_unreadable_id_token_is_made_up_for_by_the_access_token() -> None:
    found = read_store(json.dumps(edited(aliased(A), idToken="fake-broken")))
    assert found.entries[0].login.identity.user == "user-A"
    assert found.entries[0].login.credentials.id_token == ""


def test_an_organisation_is_never_taken_for_a_workspace() -> None:
    found = read_store(json.dumps(edited(listed(A), accountId="org-123")))
    assert found.entries[0].login.identity.workspace == "acct-A"


def test_of_two_logins_of_one_account_the_one_that_lives_longer_counts() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    old = make_login("A", issued_at=now, expires_at=now + timedelta(days=1))
    new = renewed(old, issued_at=now, expires_at=now + timedelta(days=9))
    for logins in ((old, new), (new, old)):
        found = read_store(json.dumps(listed(*logins)))
        assert [e.login.credentials.refresh_token for e in found.entries] == [new.refresh_token]
        assert [one.why for one in found.unusable] == [Why.TWICE]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "store_broken", id="empty"),
        pytest.param(json.dumps(listed(A))[:200], "store_broken", id="cut in half"),
        pytest.param("[" * 100_000, "store_broken", id="nested too deeply"),
        pytest.param("[1]", "store_unknown", id="no object"),
        pytest.param("{}", "store_unknown", id="an empty object"),
        pytest.param(json.dumps(A.auth_json), "store_unknown", id="Codex's own"),
        pytest.param(json.dumps(listed(A, version=4)), "store_version", id="a later list"),
        pytest.param(json.dumps(listed(A, version="3")), "store_version", id="a worded version"),
        pytest.param(json.dumps(listed(A, version=True)), "store_version", id="a true version"),
        pytest.param(json.dumps(aliased(A, version=3)), "store_version", id="later aliases"),
        pytest.param(
            json.dumps(sealed(aliased(A)) | {"version": 3}), "store_version", id="later and sealed"
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, code: str) -> None:
    with pytest.raises(CoreError) as caught:
        read_store(text, passphrase=PASSPHRASE)
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "passphrase"),
    [
        pytest.param({}, None, id="no passphrase"),
        pytest.param({}, "another", id="another passphrase"),
        pytest.param({"data": "AAAA"}, PASSPHRASE, id="other content"),
        pytest.param({"tag": "AAAA"}, PASSPHRASE, id="a short tag"),
        pytest.param({"iv": ""}, PASSPHRASE, id="no iv"),
        pytest.param({"salt": "*"}, PASSPHRASE, id="no base64"),
        pytest.param({"data": None}, PASSPHRASE, id="no content"),
    ],
)
def test_a_sealed_store_that_does_not_open_is_locked(
    change: dict[str, object], passphrase: str | None
) -> None:
    with pytest.raises(CoreError) as caught:
        read_store(json.dumps(sealed(aliased(A)) | change), passphrase=passphrase)
    assert (caught.value.code, caught.value.exit_code) == ("store_locked", ExitCode.LOCKED)


def test_no_sentence_of_a_refusal_quotes_what_may_be_a_secret() -> None:
    text = json.dumps(listed(A))
    for cut in range(50, len(text), 7):
        with pytest.raises(CoreError) as caught:
            read_store(text[:cut])
        assert A.refresh_token[-12:] not in f"{caught.value.message} {caught.value.hint}"
