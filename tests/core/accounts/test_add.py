"""Labels and ids: nobody else has them, and they do not change by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.add import LONGEST_LABEL, account_id_from, unique_label


@pytest.mark.parametrize(
    ("wanted", "taken", "label"),
    [
        pytest.param(["ada"], [], "ada", id="free"),
        pytest.param(["ada"], ["Ada"], "ada 2", id="taken in another case"),
        pytest.param(["ada"], ["ada", "ada 2"], "ada 3", id="and its number too"),
        pytest.param(["ada", "Acme"], ["ada"], "Acme", id="the second choice is free"),
        pytest.param(["ada", "Acme"], ["ada", "acme"], "ada 2", id="both are taken"),
        pytest.param(["", "Acme"], [], "Acme", id="the first says nothing"),
        pytest.param(["", ""], [], "Account", id="nobody says anything"),
        pytest.param(["  a \n b "], [], "a b", id="spaces become one"),
    ],
)
def test_a_label_is_the_first_that_is_free(wanted: list[str], taken: list[str], label: str) -> None:
    assert unique_label(wanted, taken) == label


_names = st.text(alphabet="aAbß 2", max_size=4)


@given(wanted=st.lists(_names, max_size=3), taken=st.lists(_names, max_size=8))
def test_a_label_is_never_anothers(wanted: list[str], taken: list[str]) -> None:
    label = unique_label(wanted, taken)
    assert label
    assert label.casefold() not in {name.casefold() for name in taken}


@given(st.text(min_size=1))
def test_a_label_that_is_made_is_never_endless(wanted: str) -> None:
    assert len(unique_label([wanted], [])) <= LONGEST_LABEL


@given(st.binary(min_size=10, max_size=10))
def test_an_id_is_one_word_that_can_be_typed(draw: bytes) -> None:
    made = account_id_from(draw)
    assert made.startswith("acc_")
    assert made.removeprefix("acc_").isalnum()
    assert made == made.lower()
