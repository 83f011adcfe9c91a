"""Domain values come back from their documents as they went in, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.credentials import Credentials
from core.domain.health import Block
from core.domain.observed import Owner
from core.domain.quota import Quota
from core.domain.state import Rotation
from core.storage.codec import DamagedDocumentError, from_text, storable, to_text
from tests.core.storage.samples import NOW, account
from tests.core.storage.strategies import any_of, quotas


def assert_comes_back(value: object, hint: Any) -> None:
    text = to_text(value)
    text.encode("ascii")
    assert from_text(hint, text) == value


@given(any_of(Account))
def test_an_account_comes_back(value: Account) -> None:
    assert_comes_back(value, Account)


@given(quotas())
def test_a_quota_comes_back_with_its_window_keys(value: Quota) -> None:
    assert_comes_back(value, Quota)


@given(any_of(Rotation))
def test_a_rotation_comes_back(value: Rotation) -> None:
    assert_comes_back(value, Rotation)


@given(any_of(tuple[Block, ...]))
def test_blocks_come_back(value: tuple[Block, ...]) -> None:
    assert_comes_back(value, tuple[Block, ...])


@given(any_of(Owner))
def test_an_owner_comes_back(value: Owner) -> None:
    assert_comes_back(value, Owner)


@given(any_of(Credentials))
def test_credentials_come_back(value: Credentials) -> None:
    assert_comes_back(value, Credentials)


def test_a_time_is_kept_in_utc() -> None:
    berlin = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(berlin) == '"2026-07-01T10:00:00+00:00"'
    assert from_text(datetime, to_text(berlin)).tzinfo is UTC


def test_a_field_of_a_later_version_is_passed_over() -> None:
    text = to_text(Rotation())[:-1] + ',"colour":"red"}'
    assert from_text(Rotation, text) == Rotation()


def test_a_field_that_is_missing_has_its_default() -> None:
    assert from_text(Rotation, "{}") == Rotation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """A value within a value, to see where a reader says that the damage is."""

    owner: Owner
    number: int = 0


@pytest.mark.parametrize(
    ("hint", "text", "where"),
    [
        pytest.param(Rotation, "", "not JSON", id="nothing at all"),
        pytest.param(Rotation, '{"mode": "auto"', "not JSON", id="cut off"),
        pytest.param(Rotation, "[" * 100_000, "not JSON", id="nested without end"),
        pytest.param(Rotation, "[]", "document: not an object", id="a list for an object"),
        pytest.param(
            Rotation, '{"mode": "sideways"}', "mode: not a RotationMode", id="no such word"
        ),
        pytest.param(Rotation, '{"mode": null}', "mode: not a RotationMode", id="null for a word"),
        pytest.param(Rotation, '{"account": 3}', "account: not a str", id="a number for a text"),
        pytest.param(Rotation, '{"until": "soon"}', "until: not a datetime", id="no time"),
        pytest.param(
            Rotation, '{"until": "2026-01-01T00:00:00"}', "until: not a datetime", id="no zone"
        ),
        pytest.param(
            Nested, '{"owner": {}}', "owner.account: missing", id="a field inside is missing"
        ),
        pytest.param(int, "true", "document: not a int", id="a truth value for a number"),
        pytest.param(int, "1.5", "document: not a int", id="a fraction for a whole number"),
        pytest.param(float, "true", "document: not a float", id="a truth value for a fraction"),
        pytest.param(float, "NaN", "not JSON", id="not a number"),
        pytest.param(float, "1e999", "document: not a float", id="infinite"),
        pytest.param(float, "9" * 400, "document: not a float", id="a number without bounds"),
        pytest.param(tuple[int, ...], "{}", "document: not a list", id="an object for a list"),
        pytest.param(tuple[int, str], "[1]", "document: 1 parts", id="a pair with one part"),
        pytest.param(
            Mapping[str, int], '[["a"]]', "document: 1 parts", id="an entry without value"
        ),
    ],
)
def test_a_document_that_does_not_fit_is_damaged(hint: Any, text: str, where: str) -> None:
    with pytest.raises(DamagedDocumentError) as failure:
        from_text(hint, text)
    assert str(failure.value) == where


def test_what_is_said_of_damage_names_no_value() -> None:
    text = to_text(account()).replace("plus", "fake-secret").replace("true", '"fake-secret"')
    with pytest.raises(DamagedDocumentError) as failure:
        from_text(Account, text)
    assert "fake-secret" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_value_of_another_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        to_text(object())


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_made_storable(text: str) -> None:
    storable(text).encode("utf-8")


def test_a_usual_text_is_stored_as_it_is() -> None:
    assert storable("Büro 办公室") == "Büro 办公室"


def test_numbers_of_either_kind_fit_a_fraction() -> None:
    value = from_text(float, "62")
    assert (value, type(value)) == (62.0, float)


def test_plain_values_come_back() -> None:
    for value, hint in ((None, int | None), (3, int), ("x", str), (True, bool), (NOW, datetime)):
        assert_comes_back(value, hint)
