"""What people type names the account that they mean, or the sentence says what it could be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.find import find_account
from core.domain.account import AccountId, Identity
from core.domain.errors import CoreError, ExitCode
from core.domain.state import State
from tests.core.routing.pool import account


def _pool() -> State:
    accounts = [
        account(
            "acc_aaaa", 1, label="Work", email="ada@example.com", workspace_name="Acme",
            identity=Identity(user="user-ada", workspace="ws-team"),
        ),
        account(
            "acc_abbb", 2, label="ada", email="ada@example.com",
            identity=Identity(user="user-ada", workspace="ws-personal"),
        ),
        account(
            "acc_cccc", 12, label="Client A", email="max@example.com", workspace_name="Acme",
            identity=Identity(user="user-max", workspace="ws-team"),
        ),
        account(
            "acc_dddd", 13, label="2", email="",
            identity=Identity(user="user-eve", workspace="ws-eve"),
        ),
    ]  # fmt: skip
    return State(accounts={a.id: a for a in accounts}, next_number=14)


POOL = _pool()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        pytest.param("#1", 1, id="its number"),
        pytest.param("1", 1, id="its number, without what a shell takes for a comment"),
        pytest.param("#12", 12, id="a number with two digits"),
        pytest.param("acc_cccc", 12, id="its own id"),
        pytest.param("acc_c", 12, id="the beginning of its own id"),
        pytest.param("work", 1, id="its label in another case"),
        pytest.param("  Work ", 1, id="its label between spaces"),
        pytest.param("cli", 12, id="the beginning of its label"),
        pytest.param("ada", 2, id="a whole label wins over the beginning of others' e-mails"),
        pytest.param("max@example.com", 12, id="its e-mail"),
        pytest.param("max", 12, id="the beginning of its e-mail"),
        pytest.param("user-max", 12, id="its user"),
        pytest.param("ws-personal", 2, id="its workspace"),
        pytest.param("ws-p", 2, id="the beginning of its workspace"),
    ],
)
def test_the_account_that_is_meant_is_found(typed: str, number: int) -> None:
    assert find_account(POOL, typed).number == number


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        pytest.param("ada@example.com", ("#1 Work", "#2 ada"), id="an e-mail of two"),
        pytest.param("ws-team", ("#1 Work", "#12 Client A"), id="a workspace of two"),
        pytest.param("acme", ("#1 Work", "#12 Client A"), id="a workspace's name of two"),
        pytest.param("acc_a", ("#1 Work", "#2 ada"), id="a beginning of two"),
        pytest.param("2", ("#2 ada", "#13 2"), id="one's number and another's label"),
    ],
)
def test_what_fits_several_names_them(typed: str, candidates: tuple[str, ...]) -> None:
    with pytest.raises(CoreError) as caught:
        find_account(POOL, typed)
    assert caught.value.code == "account_ambiguous"
    assert caught.value.exit_code is ExitCode.USAGE
    assert all(candidate in caught.value.message for candidate in candidates)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        pytest.param("wrok", "Did you mean #1 Work?", id="a slip of the finger"),
        pytest.param("#7", "`turntable accounts` lists", id="a number nobody has"),
        pytest.param("", "`turntable accounts` lists", id="nothing"),
        pytest.param("client b", "Did you mean #12 Client A?", id="nearly a label"),
    ],
)
def test_what_fits_nobody_says_what_is_close(typed: str, hint: str) -> None:
    with pytest.raises(CoreError) as caught:
        find_account(POOL, typed)
    assert caught.value.code == "no_account_named"
    assert caught.value.hint.startswith(hint)


def test_without_accounts_the_hint_is_how_to_add_one() -> None:
    with pytest.raises(CoreError, match="no account yet") as caught:
        find_account(State(), "Work")
    assert "turntable import" in caught.value.hint


def test_many_candidates_are_not_all_listed() -> None:
    many = [account(f"acc_{n}", n, email="ada@example.com") for n in range(1, 9)]
    with pytest.raises(CoreError, match="and 3 more"):
        find_account(State(accounts={a.id: a for a in many}), "ada@example.com")


@given(st.text())
def test_whatever_is_typed_it_is_an_account_or_a_sentence(typed: str) -> None:
    try:
        named: object = find_account(POOL, typed).id
    except CoreError as error:
        named = error.message
    assert named


@given(st.sampled_from([AccountId(key) for key in POOL.accounts]))
def test_number_and_own_id_always_name_their_account(key: AccountId) -> None:
    known = POOL.accounts[key]
    assert find_account(POOL, f"#{known.number}") is known
    assert find_account(POOL, known.id) is known
