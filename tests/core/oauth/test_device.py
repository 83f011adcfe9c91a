"""The device code flow, as the issuer answers it and as it may answer one day."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.oauth.device import (
    LONGEST,
    DeviceCode,
    DeviceGrant,
    NoCode,
    Waiting,
    poll_form,
    read_poll,
    read_usercode,
    usercode_form,
)
from core.oauth.protocol import Code, Denied

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CODE = DeviceCode(
    device_auth_id="deviceauth_stub",
    user_code="ABCD-12345",
    interval_s=5,
    expires_at=NOW + LONGEST,
)


def _usercode(**fields: object) -> bytes:
    return json.dumps(
        {"device_auth_id": "deviceauth_stub", "user_code": "ABCD-12345"} | fields
    ).encode()


def test_the_requests_are_the_official_clients() -> None:
    assert usercode_form().path == "/api/accounts/deviceauth/usercode"
    assert usercode_form().body == b'{"client_id": "app_EMoamEEZ73f0CkXaXp7hrann"}'
    assert poll_form(CODE).path == "/api/accounts/deviceauth/token"
    assert json.loads(poll_form(CODE).body) == {
        "device_auth_id": "deviceauth_stub",
        "user_code": "ABCD-12345",
    }


@pytest.mark.parametrize(
    ("fields", "interval_s", "lives"),
    [
        pytest.param({}, 5, LONGEST, id="nothing said"),
        pytest.param({"interval": 7}, 7, LONGEST, id="an interval"),
        pytest.param({"interval": "7"}, 7, LONGEST, id="an interval as text"),
        pytest.param({"interval": 0}, 5, LONGEST, id="no interval"),
        pytest.param({"interval": "x"}, 5, LONGEST, id="an interval that is none"),
        pytest.param({"interval": 9_999}, 60, LONGEST, id="an interval of hours"),
        pytest.param({"expires_in": 60}, 5, timedelta(minutes=1), id="expires_in"),
        pytest.param({"expires_in": "60"}, 5, timedelta(minutes=1), id="expires_in as text"),
        pytest.param({"expires_in": 99_999}, 5, LONGEST, id="more than the longest"),
        pytest.param({"expires_in": -1}, 5, LONGEST, id="over already: the clock is off"),
        pytest.param(
            {"expires_at": "2026-11-20T12:05:00Z"}, 5, timedelta(minutes=5), id="expires_at"
        ),
        pytest.param(
            {"expires_at": int(NOW.timestamp()) + 300}, 5, timedelta(minutes=5), id="as a number"
        ),
        pytest.param({"expires_at": "2026-11-20T12:05:00"}, 5, LONGEST, id="without a zone"),
        pytest.param({"expires_at": 1e300}, 5, LONGEST, id="in no calendar"),
    ],
)
def test_a_code_is_read_leniently(
    fields: dict[str, object], interval_s: float, lives: timedelta
) -> None:
    code = read_usercode(200, _usercode(**fields), now=NOW)
    assert isinstance(code, DeviceCode)
    assert (code.user_code, code.interval_s, code.expires_at - NOW) == (
        "ABCD-12345",
        interval_s,
        lives,
    )


def test_the_other_spelling_of_the_code_is_known() -> None:
    body = b'{"device_auth_id": "d", "usercode": "WXYZ"}'
    code = read_usercode(200, body, now=NOW)
    assert isinstance(code, DeviceCode)
    assert code.user_code == "WXYZ"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        pytest.param(404, b"", NoCode.NOT_ENABLED, id="not enabled"),
        pytest.param(403, b"<html>", NoCode.TRY_AGAIN, id="the CDN's challenge"),
        pytest.param(500, b"", NoCode.TRY_AGAIN, id="failing"),
        pytest.param(200, b"<html>", NoCode.UNREADABLE, id="HTML"),
        pytest.param(200, b"{}", NoCode.UNREADABLE, id="nothing in it"),
        pytest.param(200, _usercode(user_code="\x1b[2J"), NoCode.UNREADABLE, id="no word"),
    ],
)
def test_no_code_says_why(status: int, body: bytes, why: NoCode) -> None:
    assert read_usercode(status, body, now=NOW) is why


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        pytest.param(403, b"", Waiting.PENDING, id="not typed yet"),
        pytest.param(404, b"", Waiting.PENDING, id="not typed yet, said otherwise"),
        pytest.param(408, b"", Waiting.PENDING, id="a time-out"),
        pytest.param(502, b"", Waiting.PENDING, id="failing"),
        pytest.param(429, b"", Waiting.SLOW_DOWN, id="too often"),
        pytest.param(200, b"<html>", Waiting.PENDING, id="HTML"),
        pytest.param(
            200,
            b'{"authorization_code": "ac", "code_challenge": "c", "code_verifier": "v"}',
            DeviceGrant(code=Code(code="ac"), code_verifier="v"),
            id="typed",
        ),
        pytest.param(
            403, b'{"error": "access_denied"}', Denied(code="access_denied", sentence=""),
            id="the user said no",
        ),
        pytest.param(
            404, b'{"error": {"code": "expired_token"}}',
            Denied(code="expired_token", sentence=""), id="too late",
        ),
        pytest.param(400, b"", Denied(code="http_400", sentence=""), id="our own mistake"),
    ],
)  # fmt: skip
def test_a_poll_is_an_answer_or_patience(
    status: int, body: bytes, outcome: DeviceGrant | Denied | Waiting
) -> None:
    assert read_poll(status, body) == outcome


_rubbish = st.dictionaries(
    st.sampled_from(
        ["device_auth_id", "user_code", "interval", "expires_at", "expires_in", "error"]
    ),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
).map(lambda fields: json.dumps(fields).encode())


@given(status=st.integers(100, 599), body=_rubbish | st.binary())
def test_rubbish_never_crashes_nor_waits_for_ever(status: int, body: bytes) -> None:
    code = read_usercode(status, body, now=NOW)
    if isinstance(code, DeviceCode):
        assert 0 < code.interval_s <= 60
        assert NOW < code.expires_at <= NOW + LONGEST
    assert read_poll(status, body) is not None
