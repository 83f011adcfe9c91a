"""The life of a request as a dialogue: outcomes are fed, steps are read; no server anywhere."""

from datetime import UTC, datetime

import pytest

from core.domain.account import AccountId
from core.domain.decision import Refuse, RefuseReason, Use, UseReason, Wait, WaitReason
from core.domain.outcome import (
    Challenged,
    ClientGone,
    Failing,
    Foreign,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
    Unreachable,
)
from core.routing.exchange import (
    Abandon,
    Answer,
    Choose,
    Ending,
    Forward,
    Held,
    Hold,
    Renew,
    Renewed,
    Reply,
    Send,
    Step,
    Strip,
    Stripped,
    exchange,
)

UNTIL = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
A, B = AccountId("A"), AccountId("B")


def use(account: AccountId) -> Use:
    return Use(account=account, reason=UseReason.STRATEGY, moved_from=None, verdicts=())


REFUSE = Refuse(reason=RefuseReason.ALL_WAITING, until=UNTIL, account=A, verdicts=())
LIMITED = Limited(reason=LimitReason.USAGE_LIMIT, until=UNTIL)


def play(*dialogue: Step | Reply) -> Ending:
    """Check each step against the dialogue, feed each reply, and return the ending."""
    generator = exchange()
    step = next(generator)
    lines = iter(dialogue)
    for expected in lines:
        assert step == expected
        try:
            step = generator.send(next(lines))  # type: ignore[arg-type]
        except StopIteration as stop:
            assert next(lines, None) is None, "the exchange ended early"
            return stop.value  # type: ignore[no-any-return]
    raise AssertionError(f"the exchange goes on with {step}")


def choose(*tried: AccountId) -> Choose:
    return Choose(tried=frozenset(tried))


def test_a_served_request_is_forwarded() -> None:
    ending = play(choose(), use(A), Send(account=A), Served(status=200))
    assert isinstance(ending, Forward)
    assert ending.account == A


MOVING = [
    pytest.param(LIMITED, id="limited"),
    pytest.param(Failing(status=503, code="server_is_overloaded"), id="overloaded"),
    pytest.param(Unreachable(detail="connection refused"), id="unreachable"),
    pytest.param(Gone(status=402, code="deactivated_workspace"), id="workspace gone"),
]


@pytest.mark.parametrize("outcome", MOVING)
def test_another_account_is_asked_after(outcome: Outcome) -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        outcome,
        choose(A),
        use(B),
        Send(account=B),
        Served(status=200),
    )
    assert isinstance(ending, Forward)
    assert ending.account == B
    assert [(a.account, a.outcome) for a in ending.attempts] == [
        (A, outcome),
        (B, Served(status=200)),
    ]


FORWARDED = [
    pytest.param(Rejected(status=400), id="the client's own mistake"),
    pytest.param(Challenged(), id="a challenge of the CDN"),
    pytest.param(Unanswered(status=504, timed_out=False), id="a gateway timeout with a head"),
]


@pytest.mark.parametrize("outcome", FORWARDED)
def test_no_other_account_is_asked_after(outcome: Outcome) -> None:
    ending = play(choose(), use(A), Send(account=A), outcome)
    assert isinstance(ending, Forward)


ABANDONED = [
    pytest.param(Unanswered(status=None, timed_out=True), id="silence"),
    pytest.param(Unanswered(status=None, timed_out=False), id="a cut before the head"),
    pytest.param(ClientGone(), id="the client left"),
]


@pytest.mark.parametrize("outcome", ABANDONED)
def test_what_may_have_been_accepted_is_never_sent_again_after(outcome: Outcome) -> None:
    assert isinstance(play(choose(), use(A), Send(account=A), outcome), Abandon)


def test_a_refused_token_is_renewed_once_and_the_same_account_asked_again() -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        Unauthorized(code="token_expired"),
        Renew(account=A),
        Renewed(newer=True),
        Send(account=A),
        Served(status=200),
    )
    assert isinstance(ending, Forward)
    assert len(ending.attempts) == 1


def test_a_token_that_is_refused_twice_is_not_renewed_twice() -> None:
    refused = Unauthorized(code="token_expired")
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        refused,
        Renew(account=A),
        Renewed(newer=True),
        Send(account=A),
        refused,
        choose(A),
        use(B),
        Send(account=B),
        Served(status=200),
    )
    assert isinstance(ending, Forward)
    assert ending.account == B


def test_without_a_newer_token_the_next_account_is_asked() -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        Unauthorized(code=""),
        Renew(account=A),
        Renewed(newer=False),
        choose(A),
        REFUSE,
    )
    assert isinstance(ending, Answer)
    assert ending.refusal == REFUSE


def test_nobody_left_after_a_limit_is_answered_by_us() -> None:
    ending = play(choose(), use(A), Send(account=A), LIMITED, choose(A), REFUSE)
    assert isinstance(ending, Answer)


def test_nobody_left_after_the_back_ends_own_failure_passes_it_on() -> None:
    failing = Failing(status=503, code="")
    ending = play(choose(), use(A), Send(account=A), failing, choose(A), REFUSE)
    assert isinstance(ending, Forward)
    assert ending.account == A


def test_nobody_at_all_is_answered_at_once() -> None:
    assert isinstance(play(choose(), REFUSE), Answer)


def test_what_another_account_sealed_is_taken_out_once() -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        Foreign(),
        Strip(account=A),
        Stripped(changed=True),
        Send(account=A),
        Served(status=200),
    )
    assert isinstance(ending, Forward)
    assert [attempt.outcome for attempt in ending.attempts] == [Served(status=200)]


def test_where_nothing_can_be_taken_out_the_objection_is_passed_on() -> None:
    ending = play(
        choose(), use(A), Send(account=A), Foreign(), Strip(account=A), Stripped(changed=False)
    )
    assert isinstance(ending, Forward)
    assert ending.attempts[-1].outcome == Foreign()


def wait(account: AccountId | None) -> Wait:
    return Wait(reason=WaitReason.OWNER, until=UNTIL, account=account, verdicts=())


def test_a_held_request_is_decided_on_again_and_may_go_where_it_waited_for() -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        LIMITED,
        choose(A),
        wait(A),
        Hold(wait=wait(A)),
        Held(held=True),
        choose(),
        use(A),
        Send(account=A),
        Served(status=200),
    )
    assert isinstance(ending, Forward)


def test_a_pause_of_the_pool_frees_nobody_who_was_asked() -> None:
    ending = play(
        choose(),
        use(A),
        Send(account=A),
        LIMITED,
        choose(A),
        wait(None),
        Hold(wait=wait(None)),
        Held(held=True),
        choose(A),
        use(B),
        Send(account=B),
        Served(status=200),
    )
    assert isinstance(ending, Forward)


def test_a_request_that_cannot_be_held_is_refused_with_the_time() -> None:
    ending = play(choose(), wait(A), Hold(wait=wait(A)), Held(held=False))
    assert isinstance(ending, Answer)
    assert (ending.refusal.reason, ending.refusal.until) == (RefuseReason.OWNER_WAITS, UNTIL)
