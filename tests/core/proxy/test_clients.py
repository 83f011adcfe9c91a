"""Who may call."""

from datetime import UTC, datetime, timedelta

import pytest

from core.proxy.clients import KnownSecret, StaleSecret, ValidSecret, recognise

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KNOWN = (
    KnownSecret(secret="fake-old", bind="b1", stale_until=NOW + timedelta(hours=1)),
    KnownSecret(secret="fake-new", bind="b1"),
    KnownSecret(secret="fake-other", bind="b2"),
    KnownSecret(secret="fake-ended", bind="b1", stale_until=NOW),
)


@pytest.mark.parametrize(
    ("presented", "found"),
    [
        pytest.param("fake-new", ValidSecret(bind="b1"), id="in force"),
        pytest.param("fake-other", ValidSecret(bind="b2"), id="another home's"),
        pytest.param("fake-old", StaleSecret(bind="b1"), id="replaced a moment ago"),
        pytest.param("fake-ended", None, id="replaced long ago"),
        pytest.param("fake-ne", None, id="a prefix"),
        pytest.param("", None, id="empty"),
        pytest.param("fäke", None, id="no ASCII"),
    ],
)
def test_a_secret_is(presented: str, found: ValidSecret | StaleSecret | None) -> None:
    assert recognise(presented, KNOWN, now=NOW) == found


def test_a_secret_that_is_in_force_again_is_valid() -> None:
    known = (*KNOWN[:1], KnownSecret(secret="fake-old", bind="b3"))
    assert recognise("fake-old", known, now=NOW) == ValidSecret(bind="b3")


def test_a_known_secrets_repr_hides_it() -> None:
    assert "fake-old" not in repr(KNOWN)
