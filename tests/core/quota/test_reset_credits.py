"""Reset credits, as the back end tells them, and what can be redeemed of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import AccountBack
from core.domain.health import Block, BlockSource
from core.domain.observed import Observed
from core.domain.reset_credit import ResetCredit, limits_were_reset, redeemable
from core.quota.reset_credits import credits_in
from tests.core.routing.pool import NOW

A = AccountId("A")
DAY = timedelta(days=1)


def blocked(because: Because, model: str = "") -> Block:
    return Block(
        because=because,
        model=model,
        since=NOW - DAY,
        until=NOW + DAY,
        source=BlockSource.ANSWER,
    )


def credit(name: str, *, status: str = "available", expires: datetime | None = None) -> ResetCredit:
    return ResetCredit(id=name, status=status, title="", granted_at=None, expires_at=expires)


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        pytest.param(
            {
                "id": "c1",
                "status": "available",
                "title": "Rate limit reset",
                "granted_at": "2026-03-01T09:00:00+01:00",
                "expires_at": "2026-04-01T00:00:00Z",
                "reset_type": "codex_rate_limits",
            },
            ResetCredit(
                id="c1",
                status="available",
                title="Rate limit reset",
                granted_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
                expires_at=datetime(2026, 4, 1, tzinfo=UTC),
            ),
            id="a whole one",
        ),
        pytest.param({"id": "c1", "status": "available"}, credit("c1"), id="only what is needed"),
        pytest.param(
            {"id": "c1", "status": "available", "title": 7, "expires_at": "soon"},
            credit("c1"),
            id="what cannot be read is unknown",
        ),
        pytest.param(
            {"id": "c1", "status": "available", "expires_at": "2026-04-01T00:00:00"},
            credit("c1", expires=datetime(2026, 4, 1, tzinfo=UTC)),
            id="a time without a zone is UTC",
        ),
    ],
)
def test_a_credit_is_read(entry: dict[str, object], read: ResetCredit) -> None:
    assert credits_in({"credits": [entry]}) == (read,)


def test_one_without_an_id_does_not_hide_the_others() -> None:
    entries: list[object] = [{"status": "available"}, None, {"id": ""}, {"id": "c1"}]
    assert [one.id for one in credits_in({"credits": entries})] == ["c1"]


def test_what_expires_first_is_redeemed_first_and_what_is_gone_never() -> None:
    found = (
        credit("late", expires=NOW + 9 * DAY),
        credit("unknown"),
        credit("soon", expires=NOW + DAY),
        credit("spent", status="redeemed", expires=NOW + DAY),
        credit("over", expires=NOW),
    )
    assert [one.id for one in redeemable(found, NOW)] == ["soon", "late", "unknown"]


@pytest.mark.parametrize(
    ("block", "stays"),
    [
        pytest.param(blocked(Because.USAGE_LIMIT), False, id="the limit is over"),
        pytest.param(blocked(Because.QUOTA), False, id="so is the quota"),
        pytest.param(blocked(Because.USAGE_LIMIT, "gpt-x"), True, id="one of a model is another"),
        pytest.param(blocked(Because.FAILING), True, id="failing is no limit"),
    ],
)
def test_a_reset_ends_the_waits_for_it_and_no_other(block: Block, stays: bool) -> None:
    observed = Observed(blocks={A: (block,)})
    after, events = limits_were_reset(A, now=NOW)(observed)
    assert after.blocks[A] == ((block,) if stays else ())
    assert events == (() if stays else (AccountBack(account=A),))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["credits", "id", "status", "expires_at", "granted_at", "title"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("credits"), values))
def test_no_document_breaks_it(document: dict[str, object]) -> None:
    for one in credits_in(document):
        assert one.id
        assert one.expires_at is None or one.expires_at.tzinfo is UTC
