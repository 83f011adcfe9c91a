"""Rubbish among limits: the good parts are used, the rest is unknown, and a debug line says so."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.quota import Quota, WindowKind
from core.proxy.fields import Fields
from core.proxy.limits_seen import LimitsSeen
from core.quota.back_end import Reply
from core.quota.parse import quota_from_event, quota_from_headers, quota_from_usage
from core.quota.unread import MOST_NAMED, unread_in_document, unread_in_headers
from core.quota.usage_endpoint import Told, meaning
from tests.core.routing.pool import account

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = int((NOW + timedelta(hours=1)).timestamp())
NEXT_WEEK = int((NOW + timedelta(days=5)).timestamp())
IN_3000 = int(datetime(3000, 1, 1, tzinfo=UTC).timestamp())
YESTERDAY = int((NOW - timedelta(days=1)).timestamp())

type Left = dict[str, float | None]

SESSION = {"used_percent": 25, "limit_window_seconds": 18_000, "reset_at": SOON}
WEEK = {"used_percent": 50, "limit_window_seconds": 604_800, "reset_at": NEXT_WEEK}
GOOD: dict[str, Any] = {
    "plan_type": "plus",
    "rate_limit": {"allowed": True, "primary_window": SESSION, "secondary_window": WEEK},
    "additional_rate_limits": [
        {"limit_name": "Fox", "rate_limit": {"primary_window": SESSION}},
        {"limit_name": "Owl", "rate_limit": {"primary_window": WEEK}},
    ],
    "credits": {"has_credits": True, "unlimited": False, "balance": "3"},
    "rate_limit_reset_credits": {"available_count": 2},
}
ALL_LEFT: Left = {"all 300": 75, "all 10080": 50, "Fox 300": 75, "Owl 10080": 50}


def left_in(quota: Quota | None) -> Left:
    """What is left of each window, by its scope and its length."""
    windows = quota.windows.values() if quota is not None else ()
    return {f"{window.scope} {window.minutes}": window.remaining for window in windows}


def broken(path: str, rubbish: object) -> dict[str, Any]:
    """The good answer with one part of it replaced; `…/-` leaves it out."""
    document: dict[str, Any] = json.loads(json.dumps(GOOD))
    *above, last = path.split("/")
    part: Any = document
    for step in above:
        part = part[int(step)] if isinstance(part, list) else part[step]
    part[int(last) if isinstance(part, list) else last] = rubbish
    return document


FIRST = "rate_limit/primary_window"
BROKEN = [
    pytest.param(f"{FIRST}/used_percent", -5, {"all 300": None}, id="less than nothing is used"),
    pytest.param(f"{FIRST}/used_percent", "NaN", {"all 300": None}, id="no number is used"),
    pytest.param(f"{FIRST}/used_percent", True, {"all 300": None}, id="yes is used"),
    pytest.param(f"{FIRST}/used_percent", 1e300, {"all 300": None}, id="all atoms are used"),
    pytest.param(f"{FIRST}/used_percent", 10**400, {"all 300": None}, id="no float holds it"),
    pytest.param(f"{FIRST}/used_percent", [25], {"all 300": None}, id="a list is used"),
    pytest.param(f"{FIRST}/reset_at", YESTERDAY, {}, id="it was full again yesterday"),
    pytest.param(f"{FIRST}/reset_at", IN_3000, {}, id="it is full again in the year 3000"),
    pytest.param(f"{FIRST}/reset_at", 1e30, {}, id="it is full again after the sun"),
    pytest.param(f"{FIRST}/reset_at", "soon", {}, id="it is full again soon"),
    pytest.param(f"{FIRST}/limit_window_seconds", -1, {"all 300": "no"}, id="it ends before now"),
    pytest.param(f"{FIRST}/limit_window_seconds", 1e12, {"all 300": "no"}, id="it never ends"),
    pytest.param(f"{FIRST}/limit_window_seconds", {}, {"all 300": "no"}, id="so long: {}"),
    pytest.param(FIRST, "full", {"all 300": "no"}, id="a window is a word"),
    pytest.param(
        "rate_limit", 7, {"all 300": "no", "all 10080": "no"}, id="the whole limit is a number"
    ),
    pytest.param("additional_rate_limits/0", "Fox", {"Fox 300": "no"}, id="a limit is its name"),
    pytest.param(
        "additional_rate_limits/0/rate_limit", [], {"Fox 300": "no"}, id="a limit is empty"
    ),
    pytest.param(
        "additional_rate_limits", "none", {"Fox 300": "no", "Owl 10080": "no"}, id="no list at all"
    ),
    pytest.param("credits", True, {}, id="credits are true"),
]


@pytest.mark.parametrize(("path", "rubbish", "lost"), BROKEN)
def test_one_broken_part_of_the_usage_answer_costs_nothing_but_itself(
    path: str, rubbish: object, lost: dict[str, object]
) -> None:
    document = broken(path, rubbish)
    left = {name: value for name, value in {**ALL_LEFT, **lost}.items() if value != "no"}
    assert left_in(quota_from_usage(document, now=NOW)) == left
    named = path.replace("additional_rate_limits/0", "additional_rate_limits[0]").replace("/", ".")
    assert unread_in_document(document, now=NOW) == (named,)


def test_an_answer_without_rubbish_has_no_unread_part() -> None:
    assert left_in(quota_from_usage(GOOD, now=NOW)) == ALL_LEFT
    assert unread_in_document(GOOD, now=NOW) == ()
    assert unread_in_document(broken("rate_limit/secondary_window", None), now=NOW) == ()


def test_unknown_parts_are_no_rubbish_and_are_never_named() -> None:
    document = {**GOOD, "promo": {"used_percent": "x"}, "fake-secret": {"reset_at": "x"}}
    assert unread_in_document(document, now=NOW) == ()


def test_a_reset_that_is_rubbish_is_unknown_and_the_rest_of_its_window_counts() -> None:
    for rubbish in (YESTERDAY, IN_3000, "soon", -1, 1e30):
        quota = quota_from_usage(broken(f"{FIRST}/reset_at", rubbish), now=NOW)
        session = quota.window(WindowKind.SESSION) if quota is not None else None
        assert session is not None
        assert (session.remaining, session.resets_at) == (75, None)


@pytest.mark.parametrize(
    ("name", "value", "unread"),
    [
        pytest.param("primary-used-percent", "12.5", False, id="a number"),
        pytest.param("primary-used-percent", "", False, id="nothing was said"),
        pytest.param("primary-window-minutes", "0", False, id="0: there is no such window"),
        pytest.param("primary-used-percent", "-1", True, id="less than nothing"),
        pytest.param("primary-used-percent", "nan", True, id="not a number"),
        pytest.param("primary-used-percent", "Infinity", True, id="everything"),
        pytest.param("primary-used-percent", "\xff\x00", True, id="bytes"),
        pytest.param("secondary-window-minutes", "-300", True, id="a negative length"),
        pytest.param("secondary-reset-at", str(YESTERDAY), True, id="a reset in the past"),
        pytest.param("secondary-reset-at", str(IN_3000), True, id="a reset in the year 3000"),
        pytest.param("primary-reset-after-seconds", "1e99", True, id="a wait without end"),
        pytest.param("primary-over-secondary-limit-percent", "x", False, id="a field of no limit"),
    ],
)
def test_a_field_is_passed_over(name: str, value: str, unread: bool) -> None:
    field = (f"X-Codex-{name}".encode(), value.encode("latin-1"))
    named = unread_in_headers([field], now=NOW)
    assert named == ((f"x-codex-{name}",) if unread else ())


rubbish = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["used_percent", "reset_at", "x"]), st.integers(), max_size=2),
)
places = st.sampled_from(
    [
        FIRST,
        f"{FIRST}/used_percent",
        f"{FIRST}/limit_window_seconds",
        f"{FIRST}/reset_at",
        "additional_rate_limits/0",
        "additional_rate_limits/0/rate_limit",
        "additional_rate_limits/0/limit_name",
        "credits",
        "rate_limit_reset_credits",
    ]
)


@given(places, rubbish)
def test_whatever_one_part_says_the_others_count(place: str, said: object) -> None:
    document = json.loads(json.dumps(broken(place, said)))
    left = left_in(quota_from_usage(document, now=NOW))
    assert (left["all 10080"], left["Owl 10080"]) == (50, 50)
    assert all(value is None or 0 <= value <= 100 for value in left.values())
    named = place.replace("additional_rate_limits/0", "additional_rate_limits[0]")
    for unread in unread_in_document(document, now=NOW):
        assert unread.startswith(named.replace("/", "."))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["codex", "codex-bengalfox", "codex-primary", "-"]),
            st.sampled_from(["primary", "secondary"]),
            st.sampled_from(
                ["used-percent", "window-minutes", "reset-at", "reset-after-seconds", "odd"]
            ),
            st.binary(max_size=12)
            | st.floats().map(lambda number: str(number).encode())
            | st.integers().map(lambda number: str(number).encode()),
        ),
        max_size=12,
    )
)
def test_whatever_a_head_says_its_windows_are_possible(
    said: list[tuple[str, str, str, bytes]],
) -> None:
    fields = [(f"x-{id_}-{which}-{what}".encode(), value) for id_, which, what, value in said]
    quota = quota_from_headers(fields, now=NOW)
    for window in quota.windows.values() if quota is not None else ():
        assert window.remaining is None or 0 <= window.remaining <= 100
        assert window.resets_at is None or NOW < window.resets_at <= NOW + timedelta(days=366)
        assert window.minutes >= 1
    named = unread_in_headers(fields, now=NOW)
    assert len(named) <= MOST_NAMED
    assert set(named) <= {name.decode() for name, _ in fields}


def test_an_answer_that_is_nested_without_end_upsets_nobody() -> None:
    document: dict[str, Any] = {}
    for _ in range(20_000):
        document = {"rate_limit": document, "rate_limits": document, "primary_window": document}
    assert quota_from_usage(document, now=NOW) is None
    assert quota_from_event(document, now=NOW) is None
    assert unread_in_document(document, now=NOW) == ()


def test_the_usage_endpoint_tells_what_it_could_not_read() -> None:
    body = json.dumps(broken(f"{FIRST}/used_percent", "a lot")).encode()
    told = meaning(Reply(status=200, kind="application/json", retry_after="", body=body), now=NOW)
    assert isinstance(told, Told)
    assert told.unread == ("rate_limit.primary_window.used_percent",)
    assert left_in(told.quota)["all 10080"] == 50


def test_a_debug_line_names_what_a_head_says_wrongly(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fields = Fields(
        [
            (b"x-codex-primary-used-percent", b"fake-rubbish"),
            (b"x-codex-primary-window-minutes", b"300"),
        ]
    )
    LimitsSeen().fresh(account("A", 1).id, fields, now=NOW)
    assert "x-codex-primary-used-percent" in caplog.text
    assert "fake-rubbish" not in caplog.text
