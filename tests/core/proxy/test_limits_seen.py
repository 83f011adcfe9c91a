"""What answers repeat is read once."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.facts import Facts, RequestKind
from core.domain.observed import Lesson, Observed
from core.domain.quota import WindowKind
from core.proxy.fields import Fields
from core.proxy.limits_seen import AGAIN_AFTER, LimitsSeen
from core.proxy.overheard import Overheard
from core.proxy.sse import Tapped
from tests.core.proxy.rig import A, B
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def head(used: int, **more: str) -> Fields:
    lines = [
        (b"x-request-id", more.get("request", "1").encode()),
        (b"X-Codex-Primary-Used-Percent", b"%d" % used),
        (b"x-codex-primary-window-minutes", b"300"),
    ]
    return Fields(lines)


def test_the_same_words_are_read_once_for_each_account() -> None:
    seen = LimitsSeen()
    assert seen.fresh(A, head(10), now=NOW) is not None
    assert seen.fresh(A, head(10, request="2"), now=NOW) is None
    assert seen.fresh(B, head(10), now=NOW) is not None


def test_other_words_are_read_at_once() -> None:
    seen = LimitsSeen()
    seen.fresh(A, head(10), now=NOW)
    quota = seen.fresh(A, head(11), now=NOW)
    assert quota is not None
    window = quota.window(WindowKind.SESSION)
    assert window is not None
    assert window.remaining == 89


def test_repeated_words_count_as_seen_again_after_a_while() -> None:
    seen = LimitsSeen()
    seen.fresh(A, head(10), now=NOW)
    assert seen.fresh(A, head(10), now=NOW + AGAIN_AFTER - timedelta(seconds=1)) is None
    assert seen.fresh(A, head(10), now=NOW + AGAIN_AFTER) is not None


def test_an_event_that_says_what_cannot_be_is_named_and_its_rest_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    lessons: list[Lesson] = []
    facts = Facts(kind=RequestKind.RESPONSES, model="m")
    heard = Overheard(account=A, facts=facts, learn=lessons.append, clock=FakeClock())
    session = {"used_percent": 30, "window_minutes": 300}
    week = {"used_percent": -1, "window_minutes": 10_080}
    said = {"type": "codex.rate_limits", "rate_limits": {"primary": session, "secondary": week}}
    heard.learn_from(Tapped(rate_limits=said))
    quota = lessons[0](Observed())[0].quotas[A]
    assert sorted((w.minutes, w.remaining) for w in quota.windows.values()) == [
        (300, 70),
        (10_080, None),
    ]
    assert "rate_limits.secondary.used_percent" in caplog.text


def test_a_head_without_limits_changes_nothing() -> None:
    seen = LimitsSeen()
    assert seen.fresh(A, Fields([(b"x-request-id", b"1")]), now=NOW) is None
    assert seen.fresh(A, head(10), now=NOW) is not None
