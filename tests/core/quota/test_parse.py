"""What is learned of limits from headers, events and the usage endpoint."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.quota import EVERYTHING, Credits, QuotaSource, Window, WindowKind
from core.quota.parse import quota_from_event, quota_from_headers, quota_from_usage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(**later: float) -> int:
    return int((NOW + timedelta(**later)).timestamp())


def headers(**fields: object) -> list[tuple[bytes, bytes]]:
    return [
        (f"X-Codex-{name.replace('_', '-')}".encode(), str(found).encode())
        for name, found in fields.items()
    ]


def test_headers_tell_both_windows_whichever_comes_first() -> None:
    quota = quota_from_headers(
        headers(
            primary_used_percent="12.5",
            primary_window_minutes=10_080,
            primary_reset_at=at(days=3),
            secondary_used_percent=80,
            secondary_window_minutes=299,
            secondary_reset_at=at(hours=1),
            plan_type="plus",
        ),
        now=NOW,
    )
    assert quota is not None
    assert quota.plan == "plus"
    assert quota.window(WindowKind.WEEK) == Window(
        kind=WindowKind.WEEK,
        minutes=10_080,
        remaining=87.5,
        resets_at=NOW + timedelta(days=3),
        scope=EVERYTHING,
        observed_at=NOW,
        source=QuotaSource.HEADERS,
    )
    session = quota.window(WindowKind.SESSION)
    assert session is not None
    assert (session.minutes, session.remaining) == (300, 20.0)


def test_an_extra_limit_goes_by_its_name() -> None:
    fields = [
        (b"x-codex-bengalfox-limit-name", b"Bengal Fox"),
        (b"x-codex-bengalfox-primary-used-percent", b"40"),
        (b"x-codex-bengalfox-primary-window-minutes", b"300"),
        (b"x-codex-other-primary-window-minutes", b"300"),
    ]
    quota = quota_from_headers(fields, now=NOW)
    assert quota is not None
    assert quota.window(WindowKind.SESSION) is None
    named = quota.window(WindowKind.SESSION, scope="Bengal Fox")
    unnamed = quota.window(WindowKind.SESSION, scope="codex-other")
    assert named is not None
    assert named.remaining == 60
    assert unnamed is not None
    assert unnamed.remaining is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"primary_used_percent": 0, "primary_window_minutes": 0}, id="zeros"),
        pytest.param({"primary_used_percent": "", "primary_window_minutes": ""}, id="empty"),
        pytest.param({"primary_used_percent": 50}, id="a window without a length"),
        pytest.param({"primary_window_minutes": "nan"}, id="a length that is no number"),
        pytest.param({"primary_window_minutes": "1e12"}, id="a length of eons"),
        pytest.param({"primary_window_minutes": -300}, id="a negative length"),
        pytest.param({"promo_message": "buy"}, id="advertising"),
    ],
)
def test_an_absent_window_is_no_window(fields: dict[str, object]) -> None:
    assert quota_from_headers(headers(**fields), now=NOW) is None


@pytest.mark.parametrize(
    ("used", "remaining"),
    [
        pytest.param("0", 100, id="untouched"),
        pytest.param("100", 0, id="used up"),
        pytest.param("104.2", 0, id="a little over"),
        pytest.param("-1", None, id="negative"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("inf", None, id="infinite"),
        pytest.param("1e9", None, id="rubbish"),
        pytest.param("much", None, id="a word"),
        pytest.param("", None, id="empty"),
    ],
)
def test_what_is_left_is_known_or_unknown_and_never_guessed(
    used: str, remaining: float | None
) -> None:
    quota = quota_from_headers(
        headers(primary_used_percent=used, primary_window_minutes=300), now=NOW
    )
    assert quota is not None
    (window,) = quota.windows.values()
    assert window.remaining == remaining


@pytest.mark.parametrize(
    ("reset", "after", "resets_at"),
    [
        pytest.param(at(hours=1), "", NOW + timedelta(hours=1), id="a moment"),
        pytest.param("", 3600, NOW + timedelta(hours=1), id="a wait"),
        pytest.param(at(hours=1), 3601, NOW + timedelta(hours=1), id="the moment where they agree"),
        pytest.param(
            at(hours=3), 3600, NOW + timedelta(hours=1), id="the wait where our clock is wrong"
        ),
        pytest.param(at(hours=-1), "", None, id="a moment that has passed"),
        pytest.param(
            at(hours=-1), 60, NOW + timedelta(seconds=60), id="passed, but a wait is said"
        ),
        pytest.param(at(days=400), "", None, id="farther than a year"),
        pytest.param("1e300", -5, None, id="rubbish"),
        pytest.param(0, 0, None, id="zeros"),
    ],
)
def test_a_reset_is_a_moment_to_come(
    reset: object, after: object, resets_at: datetime | None
) -> None:
    quota = quota_from_headers(
        headers(
            primary_window_minutes=300, primary_reset_at=reset, primary_reset_after_seconds=after
        ),
        now=NOW,
    )
    assert quota is not None
    (window,) = quota.windows.values()
    assert window.resets_at == resets_at


def test_credits_in_headers_are_spelled_as_python_spells() -> None:
    said = headers(credits_has_credits="True", credits_unlimited="False", credits_balance="12.50")
    quota = quota_from_headers(said, now=NOW)
    assert quota is not None
    assert quota.credits == Credits(has=True, unlimited=False, balance="12.50")


def test_the_event_tells_what_the_headers_tell() -> None:
    quota = quota_from_event(
        {
            "plan_type": "pro",
            "rate_limits": {
                "allowed": True,
                "primary": {"used_percent": 30, "window_minutes": 300, "reset_at": at(hours=2)},
                "secondary": None,
            },
            "credits": {"has_credits": False, "unlimited": False, "balance": None},
        },
        now=NOW,
    )
    assert quota is not None
    assert (quota.plan, quota.credits) == ("pro", Credits(has=False, unlimited=False, balance=""))
    (window,) = quota.windows.values()
    assert (window.source, window.remaining) == (QuotaSource.EVENT, 70)


@pytest.mark.parametrize(
    ("named", "scope"),
    [
        pytest.param({}, EVERYTHING, id="unnamed"),
        pytest.param({"metered_limit_name": "codex"}, EVERYTHING, id="the main limit"),
        pytest.param({"metered_limit_name": "codex_bengalfox"}, "codex_bengalfox", id="another"),
        pytest.param(
            {"metered_limit_name": "codex_x", "limit_name": "X"}, "X", id="another, with a name"
        ),
    ],
)
def test_an_event_is_about_its_limit(named: dict[str, object], scope: str) -> None:
    event = {**named, "rate_limits": {"primary": {"used_percent": 1, "window_minutes": 300}}}
    quota = quota_from_event(event, now=NOW)
    assert quota is not None
    assert [window.scope for window in quota.windows.values()] == [scope]


def test_the_usage_endpoint_tells_every_limit_by_itself() -> None:
    one = {"used_percent": 10, "limit_window_seconds": 17_940, "reset_after_seconds": 600}
    quota = quota_from_usage(
        {
            "plan_type": "team",
            "rate_limit": {
                "primary_window": one,
                "secondary_window": {"limit_window_seconds": 604_800},
            },
            "code_review_rate_limit": {"primary_window": one},
            "additional_rate_limits": [
                {"limit_name": "Fox", "rate_limit": {"primary_window": one}},
                {"metered_feature": "hen", "rate_limit": {"primary_window": one}},
                {"rate_limit": {"primary_window": one}},
                "rubbish",
            ],
            "credits": {"has_credits": True, "unlimited": True, "balance": 5},
        },
        now=NOW,
    )
    assert quota is not None
    assert set(quota.windows) == {
        (EVERYTHING, WindowKind.SESSION, 300),
        (EVERYTHING, WindowKind.WEEK, 10_080),
        ("code_review", WindowKind.SESSION, 300),
        ("Fox", WindowKind.SESSION, 300),
        ("hen", WindowKind.SESSION, 300),
    }
    assert quota.credits == Credits(has=True, unlimited=True, balance="5")


@pytest.mark.parametrize(
    ("limit", "remaining"),
    [
        pytest.param({"limit": 100, "used_percent": 25}, 75, id="used"),
        pytest.param({"limit": 100, "remaining_percent": 40}, 40, id="remaining"),
        pytest.param({"limit": 100}, None, id="a limit without a number"),
    ],
)
def test_a_flexible_plan_has_a_spending_limit(
    limit: dict[str, object], remaining: float | None
) -> None:
    usage = {"rate_limit": None, "spend_control": {"individual_limit": limit}}
    quota = quota_from_usage(usage, now=NOW)
    assert quota is not None
    spend = quota.window(WindowKind.SPEND)
    assert spend is not None
    assert spend.remaining == remaining


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "rate_limit",
                    "rate_limits",
                    "primary",
                    "primary_window",
                    "used_percent",
                    "window_minutes",
                    "limit_window_seconds",
                    "reset_at",
                    "credits",
                    "has_credits",
                    "balance",
                    "additional_rate_limits",
                    "limit_name",
                    "spend_control",
                    "individual_limit",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=3), json_values) | json_values)
def test_no_document_upsets_the_readers(document: object) -> None:
    document = json.loads(json.dumps(document))
    if not isinstance(document, dict):
        return
    for read in (quota_from_event, quota_from_usage):
        quota = read(document, now=NOW)
        for window in quota.windows.values() if quota is not None else ():
            assert window.remaining is None or 0 <= window.remaining <= 100
            assert window.resets_at is None or window.resets_at > NOW


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                headers(primary_used_percent=0, primary_window_minutes=0, primary_reset_at=0)
            ).map(lambda pair: pair[0]),
            st.binary(max_size=12) | st.floats().map(lambda n: str(n).encode()),
        ),
        max_size=6,
    )
)
def test_no_header_upsets_the_reader(fields: list[tuple[bytes, bytes]]) -> None:
    quota_from_headers(fields, now=NOW)
