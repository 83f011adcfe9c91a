"""What answers repeat is read once."""

from datetime import UTC, datetime, timedelta

from core.domain.quota import WindowKind
from core.proxy.fields import Fields
from core.proxy.limits_seen import AGAIN_AFTER, LimitsSeen
from tests.core.proxy.rig import A, B

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


def test_a_head_without_limits_changes_nothing() -> None:
    seen = LimitsSeen()
    assert seen.fresh(A, Fields([(b"x-request-id", b"1")]), now=NOW) is None
    assert seen.fresh(A, head(10), now=NOW) is not None
