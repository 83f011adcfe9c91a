"""Every setting: its declaration, what it takes, and what people type for it."""

import math
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import CoreError, ExitCode
from core.domain.settings import (
    Declaration,
    Settings,
    Value,
    declarations,
    parse_value,
    value_of,
    with_value,
)

KEYS = tuple(declarations())
NUMBERS = tuple(k for k in KEYS if type(value_of(Settings(), k)) in (int, float))


def test_what_the_contract_names_is_declared_with_its_default() -> None:
    contract: dict[str, Value] = {
        "proxy.port": 8791,
        "proxy.max_body": 64 * 1024 * 1024,
        "proxy.max_buffered": 512 * 1024 * 1024,
        "proxy.origins": (),
        "upstream.base_url": "https://chatgpt.com/backend-api",
        "upstream.auth_url": "https://auth.openai.com",
        "upstream.connect_timeout_s": 10.0,
        "upstream.header_timeout_s": 600.0,
        "upstream.idle_timeout_s": 330.0,
        "upstream.allow_custom": False,
        "routing.time_budget_s": 30.0,
        "routing.affinity_ttl_s": 86400,
        "usage.keep_days": 400,
    }

    assert {key: value_of(Settings(), key) for key in contract} == contract


@pytest.mark.parametrize("key", KEYS)
def test_each_setting_says_in_a_sentence_what_it_is(key: str) -> None:
    declaration = declarations()[key]

    assert declaration.help.endswith(".")
    assert declaration.help[0].isupper() or declaration.help.startswith(declaration.choices)


@pytest.mark.parametrize("key", KEYS)
def test_each_default_is_a_value_that_may_stand_there(key: str) -> None:
    default = value_of(Settings(), key)

    assert with_value(Settings(), key, default) == Settings()


@pytest.mark.parametrize("key", NUMBERS)
def test_each_number_has_both_ends_and_nothing_beyond_them(key: str) -> None:
    declaration = declarations()[key]
    kind = int if type(value_of(Settings(), key)) is int else float
    least, most = _ends(declaration)

    for inside in (least, most):
        assert value_of(with_value(Settings(), key, kind(inside)), key) == inside
    for outside in (least - 1, most + 1):
        with pytest.raises(CoreError, match="is not between") as refused:
            with_value(Settings(), key, kind(outside))
        assert refused.value.code == "bad_setting"
        assert refused.value.exit_code is ExitCode.USAGE
        assert key in refused.value.hint


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_in_earnest_is_refused(number: float) -> None:
    with pytest.raises(CoreError, match="is not between"):
        with_value(Settings(), "routing.time_budget_s", number)


def test_a_whole_number_serves_where_any_number_does() -> None:
    value = value_of(with_value(Settings(), "routing.time_budget_s", 12), "routing.time_budget_s")

    assert (value, type(value)) == (12.0, float)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        pytest.param("proxy.port", "8791", "a whole number", id="a text for a number"),
        pytest.param("proxy.port", True, "a whole number", id="true for a number"),
        pytest.param("proxy.port", 8791.0, "a whole number", id="a fraction for a whole number"),
        pytest.param("routing.time_budget_s", False, "a number", id="false for a number"),
        pytest.param("upstream.allow_custom", 1, "true or false", id="a number for a flag"),
        pytest.param("upstream.base_url", (), "a text", id="a list for a text"),
        pytest.param("proxy.origins", "x", "a list of texts", id="a text for a list"),
        pytest.param("proxy.origins", (1, 2), "a list of texts", id="a list of numbers"),
        pytest.param("proxy.origins", {"a": 1}, "a list of texts", id="a table for a list"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_by_name(key: str, value: object, wanted: str) -> None:
    with pytest.raises(CoreError, match=f"{key}: .* is not {wanted}"):
        with_value(Settings(), key, cast("Value", value))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        pytest.param("proxy.port", " 9000 ", 9000, id="a whole number"),
        pytest.param("routing.time_budget_s", "2.5", 2.5, id="a number"),
        pytest.param("routing.time_budget_s", "3", 3.0, id="a number without a fraction"),
        pytest.param("upstream.allow_custom", "Yes", True, id="yes"),
        pytest.param("upstream.allow_custom", "off", False, id="off"),
        pytest.param("upstream.allow_custom", "1", True, id="one"),
        pytest.param("upstream.proxy", "", "", id="an empty text"),
        pytest.param("proxy.origins", "http://a, http://b,", ("http://a", "http://b"), id="a list"),
        pytest.param("proxy.origins", "", (), id="an empty list"),
    ],
)
def test_what_people_type_is_read(key: str, text: str, value: Value) -> None:
    read = parse_value(key, text)

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        pytest.param("proxy.port", "abc", "“abc” is not a whole number", id="no number"),
        pytest.param("proxy.port", "", "“” is not a whole number", id="nothing"),
        pytest.param("proxy.port", "9" * 5000, "is not a whole number", id="endless digits"),
        pytest.param("routing.time_budget_s", "soon", "“soon” is not a number", id="a word"),
        pytest.param("upstream.allow_custom", "maybe", "not true or false", id="no flag"),
    ],
)
def test_what_cannot_be_read_is_told(key: str, text: str, told: str) -> None:
    with pytest.raises(CoreError, match=told):
        parse_value(key, text)


def test_a_word_that_is_no_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(CoreError, match="“nearest” is none of balanced, sticky, round-robin"):
        with_value(Settings(), "routing.strategy", "nearest")


@pytest.mark.parametrize("key", ["nosuch", "proxy", "proxy.", ".port", "proxy.port.x", ""])
def test_an_unknown_setting_is_told_by_each_way_in(key: str) -> None:
    for way_in in (
        lambda: value_of(Settings(), key),
        lambda: with_value(Settings(), key, 1),
        lambda: parse_value(key, "1"),
    ):
        with pytest.raises(CoreError, match="There is no setting") as unknown:
            way_in()
        assert unknown.value.code == "unknown_setting"
        assert unknown.value.exit_code is ExitCode.USAGE


@given(key=st.sampled_from(NUMBERS), data=st.data())
def test_a_number_within_its_range_survives_being_typed(key: str, data: st.DataObject) -> None:
    least, most = _ends(declarations()[key])
    whole = type(value_of(Settings(), key)) is int
    value = data.draw(
        st.integers(int(least), int(most)) if whole else st.floats(least, most), label="value"
    )

    assert value_of(with_value(Settings(), key, parse_value(key, str(value))), key) == value


def _ends(declaration: Declaration) -> tuple[float, float]:
    assert declaration.minimum is not None
    assert declaration.maximum is not None
    return declaration.minimum, declaration.maximum
