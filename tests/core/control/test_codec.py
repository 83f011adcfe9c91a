"""Our values as JSON and back: nothing is lost on the way that the contract names."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.codec import from_json, to_json
from core.domain.account import AccountId
from core.domain.report import StatusReport, VerdictReport, WindowReport
from core.domain.state import RotationMode
from tests.core.control.engines import snapshot

MOMENT = datetime(2026, 3, 2, 9, 30, 15, 999_999, tzinfo=UTC)


class Colour(Enum):
    RED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    number: float
    names: tuple[str, ...]
    inner: VerdictReport | None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param(True, True, id="a flag"),
        pytest.param(7, 7, id="a whole number"),
        pytest.param(0.5, 0.5, id="a number"),
        pytest.param("ä", "ä", id="a text"),
        pytest.param(AccountId("acc_1"), "acc_1", id="an id"),
        pytest.param(RotationMode.STAY, "stay", id="a word of a list"),
        pytest.param(Colour.RED, 1, id="another enumeration"),
        pytest.param(MOMENT, "2026-03-02T09:30:15Z", id="a time, in whole seconds"),
        pytest.param(
            MOMENT.astimezone(timezone(timedelta(hours=5))), "2026-03-02T09:30:15Z", id="in UTC"
        ),
        pytest.param((1, "a"), [1, "a"], id="a tuple"),
        pytest.param([None], [None], id="a list"),
        pytest.param({AccountId("a"): MOMENT}, {"a": "2026-03-02T09:30:15Z"}, id="a mapping"),
        pytest.param(
            Nested(number=1.0, names=("a",), inner=None),
            {"number": 1.0, "names": ["a"], "inner": None},
            id="a value of ours",
        ),
    ],
)
def test_each_kind_of_value_is_written(value: object, written: object) -> None:
    assert to_json(value) == written
    assert type(to_json(value)) is type(written)


@pytest.mark.parametrize("value", [b"bytes", Path("x"), object(), Nested])
def test_what_is_none_of_our_values_is_a_mistake(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        to_json(value)


def test_a_snapshot_comes_back_as_it_went() -> None:
    report = snapshot()

    assert from_json(StatusReport, json.loads(json.dumps(to_json(report)))) == report


def test_what_a_newer_owner_adds_is_passed_over() -> None:
    written = to_json(snapshot())
    assert isinstance(written, dict)

    assert from_json(StatusReport, {**written, "weather": "fine"}) == snapshot()


def _without(key: str) -> dict[str, Any]:
    written: Any = to_json(snapshot())
    del written[key]
    return dict(written)


def _with(**changes: Any) -> dict[str, Any]:
    written: Any = to_json(snapshot())
    return {**written, **changes}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        pytest.param(_without("version"), "without version", id="a field that is missing"),
        pytest.param(_with(version=7), "not a str", id="a number for a text"),
        pytest.param(_with(accounts={}), "not a list", id="an object for a list"),
        pytest.param(_with(accounts=[1]), "not a dict", id="a number for an object"),
        pytest.param(_with(pid="7"), "not a int", id="a text for a number"),
        pytest.param([], "not a dict", id="no object at all"),
        pytest.param(None, "not a dict", id="nothing"),
    ],
)
def test_another_shape_is_refused(written: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        from_json(StatusReport, written)


def test_a_whole_number_serves_for_any_number() -> None:
    read = from_json(Nested, {"number": 3, "names": [], "inner": None})

    assert (read.number, type(read.number)) == (3.0, float)


@given(
    remaining=st.none() | st.floats(0, 100),
    minutes=st.integers(1, 10**6),
    scope=st.text(),
    at=st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)),  # noqa: DTZ001
)
def test_windows_survive(remaining: float | None, minutes: int, scope: str, at: datetime) -> None:
    window = WindowReport(
        kind="other",
        minutes=minutes,
        remaining=remaining,
        resets_at=None,
        scope=scope,
        observed_at=at.replace(microsecond=0),
        source="headers",
    )

    text = json.dumps(to_json(window))

    assert from_json(WindowReport, json.loads(text)) == window
    assert from_json(WindowReport, to_json(replace(window, resets_at=at))).resets_at is not None
