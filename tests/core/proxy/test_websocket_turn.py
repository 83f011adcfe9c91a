"""One response of a socket: when its client has to come again, and what its row says."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from core.domain.account import AccountId
from core.domain.decision import (
    AccountState,
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
    Verdict,
    Wait,
    WaitReason,
)
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.observed import Lesson, Observed, Owner
from core.domain.outcome import (
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
)
from core.domain.rules import PoolId, Project, RuleNumber
from core.domain.settings import Settings
from core.domain.usage import AttemptRecord, Result
from core.proxy.answers import Speech
from core.proxy.choices import remember
from core.proxy.places import Places
from core.proxy.seams import Seams
from core.proxy.websocket_messages import Asked, Asks, event_in
from core.proxy.websocket_relay import IDLE_S
from core.proxy.websocket_turn import Do, Handshaken, Turn
from core.proxy.websocket_turns import Line
from core.runtime.projects import Projects
from tests.fakes.clock import FakeClock

A, B = AccountId("acc_a"), AccountId("acc_b")
FACTS = Facts(kind=RequestKind.RESPONSES, thread=ThreadId("t"), model="m")
ASKED = Asked(asks=Asks.TURN, model="m")
COMPLETED = event_in(b'{"type":"response.completed","response":{"usage":{"output_tokens":3}}}')


def verdict(account: AccountId, *, eligible: bool = True) -> Verdict:
    state = AccountState.READY if eligible else AccountState.WAITING
    because = Because.READY if eligible else Because.USAGE_LIMIT
    return Verdict(account=account, eligible=eligible, state=state, because=because)


def use(account: AccountId, reason: UseReason = UseReason.STRATEGY, *, a_may: bool = True) -> Use:
    verdicts = (verdict(A, eligible=a_may), verdict(B))
    return Use(account=account, reason=reason, moved_from=None, verdicts=verdicts)


def refuse() -> Refuse:
    return Refuse(reason=RefuseReason.ALL_WAITING, until=None, account=None, verdicts=())


@dataclass
class World:
    """Decides as it is told; keeps what is learned."""

    clock: FakeClock
    decisions: list[Decision]
    observed: Observed = field(default_factory=Observed)
    lessons: int = 0
    folders_wanted: bool = False
    sent: list[tuple[str, AccountId | None]] = field(default_factory=list)

    def learn(self, lesson: Lesson) -> None:
        self.observed, _ = lesson(self.observed)
        self.lessons += 1

    def seams(self) -> Seams:
        return Seams(
            choose=lambda facts, tried: self.decisions.pop(0),
            learn=self.learn,
            record=lambda row: None,
            settings=Settings,
            clock=self.clock,
            speech=Speech(label=str, at=str),
            new_request_id=lambda: "req_new",
            sent=lambda request, facts, account, pool: self.sent.append((request, account)),
            places=Places(
                projects=Projects(self.clock),
                wanted=lambda: self.folders_wanted,
                of_thread=lambda thread: (
                    self.observed.owners[thread].project if thread in self.observed.owners else None
                ),
            ),
        )

    def turn(
        self,
        *,
        first: bool = False,
        moved_from: AccountId | None = None,
        asks: Asks = Asks.TURN,
        unread: bool = False,
    ) -> Turn:
        socket = Handshaken(
            request_id="req_socket",
            facts=FACTS,
            decision=replace(use(A), moved_from=moved_from),
            attempts=(
                AttemptRecord(account=B, outcome="limited"),
                AttemptRecord(account=A, outcome="served"),
            ),
        )
        asked = replace(ASKED, asks=asks, unread=unread)
        return Turn(seams=self.seams(), socket=socket, first=first, asked=asked, text=b"{}")


@pytest.fixture
def world(clock: FakeClock) -> Callable[..., World]:
    return lambda *decisions: World(clock, list(decisions))


WAIT = Wait(reason=WaitReason.OWNER, until=FakeClock().now(), account=A, verdicts=())


@pytest.mark.parametrize(
    ("decision", "todo"),
    [
        pytest.param(use(A, UseReason.OWNER), Do.SEND, id="the thread lives here"),
        pytest.param(use(B), Do.SEND, id="a strategy would begin elsewhere"),
        pytest.param(use(B, a_may=False), Do.LEAVE, id="this account may not"),
        pytest.param(use(B, UseReason.PREFERRED), Do.LEAVE, id="the user prefers another"),
        pytest.param(use(B, UseReason.STAY), Do.LEAVE, id="the user forces another"),
        pytest.param(use(B, UseReason.OWNER), Do.LEAVE, id="the thread lives elsewhere"),
        pytest.param(WAIT, Do.LEAVE, id="it has to wait"),
        pytest.param(refuse(), Do.SAY, id="nobody may"),
    ],
)
def test_what_is_done_with_a_message(
    world: Callable[..., World], decision: Decision, todo: Do
) -> None:
    assert world(decision).turn().begin() is todo


def test_while_a_folder_has_to_be_known_every_response_goes_over_http(
    world: Callable[..., World],
) -> None:
    here = world()
    here.folders_wanted = True
    assert here.turn().begin() is Do.LEAVE, "its next handshake is answered 426"


def test_a_response_is_in_the_project_of_its_conversation(world: Callable[..., World]) -> None:
    here = world(use(A))
    thread = FACTS.thread
    assert thread is not None
    owner = Owner(account=A, seen_at=here.clock.now(), project=Project("/work"))
    here.observed = Observed(owners={thread: owner})
    turn = here.turn()
    assert turn.begin() is Do.SEND
    assert turn.row().facts.project == "/work"
    assert here.observed.owners[thread].project == "/work"


def test_a_limit_is_learned_and_another_account_means_to_come_again(
    world: Callable[..., World],
) -> None:
    here = world(use(A), use(B, a_may=False))
    turn = here.turn()
    turn.begin()
    assert turn.decided(Limited(reason=LimitReason.USAGE_LIMIT, until=None)) is Do.LEAVE
    assert A in here.observed.blocks
    row = turn.row()
    assert (row.result, row.account, row.status) == (Result.MOVED, None, None)


def test_a_newer_token_means_to_come_again_and_teaches_nothing(
    world: Callable[..., World],
) -> None:
    here = world(use(A))
    turn = here.turn()
    turn.begin()
    assert turn.decided(Unauthorized(code="x")) is Do.RENEW
    assert turn.renewed(newer=True) is Do.LEAVE
    assert A not in here.observed.signed_out


def test_without_a_newer_token_the_account_is_signed_out(world: Callable[..., World]) -> None:
    here = world(use(A), refuse())
    turn = here.turn()
    turn.begin()
    turn.decided(Unauthorized(code="x"))
    assert turn.renewed(newer=False) is Do.SAY
    assert A in here.observed.signed_out


def test_an_answer_passes_and_its_row_says_what_it_cost(world: Callable[..., World]) -> None:
    turn = world(use(A, UseReason.OWNER)).turn()
    turn.begin()
    assert turn.decided(Served(status=200)) is Do.PASS
    turn.hear(COMPLETED)
    row = turn.row()
    assert (row.id, row.result, row.account, row.status) == ("req_new", Result.SERVED, A, 200)
    assert (row.because, row.tokens and row.tokens.output) == ("owner", 3)


def test_the_first_row_names_the_rule_and_the_pool_of_its_own_model(
    world: Callable[..., World],
) -> None:
    ruled = replace(use(A), rule=RuleNumber(2), pool=PoolId("pool_2"))
    turn = world(ruled).turn(first=True, moved_from=B)
    turn.begin()
    row = turn.row()
    assert (row.rule, row.pool, row.moved_from) == (2, "pool_2", B)


def test_the_first_row_tells_how_the_socket_came_to_its_account(
    world: Callable[..., World],
) -> None:
    turn = world(use(A, UseReason.OWNER)).turn(first=True, moved_from=B)
    turn.begin()
    turn.decided(Served(status=200))
    turn.hear(COMPLETED)
    row = turn.row()
    assert (row.id, row.because, row.moved_from) == ("req_socket", "strategy", B)
    assert [a.outcome for a in row.attempts] == ["limited", "served"]
    assert row.result is Result.MOVED


def test_a_refusal_of_the_back_end_is_a_failure_with_its_status(
    world: Callable[..., World],
) -> None:
    turn = world(use(A)).turn()
    turn.begin()
    assert turn.decided(Rejected(status=400)) is Do.PASS
    turn.hear(event_in(b'{"type":"error","status":400}'))
    assert (turn.row().result, turn.row().status) == (Result.FAILED, 400)


def test_a_limit_in_the_middle_of_an_answer_is_learned(world: Callable[..., World]) -> None:
    here = world(use(A))
    turn = here.turn()
    turn.begin()
    turn.decided(Served(status=200))
    turn.hear(event_in(b'{"type":"error","status":429,"error":{"type":"usage_limit_reached"}}'))
    assert A in here.observed.blocks
    assert turn.row().result is Result.FAILED


@pytest.mark.parametrize(
    ("end", "word", "result"),
    [
        pytest.param(Turn.lost, "unanswered", Result.FAILED, id="the back end goes"),
        pytest.param(Turn.left, "client_gone", Result.CANCELLED, id="the client goes"),
    ],
)
def test_who_goes_before_anything_came_is_written_down(
    world: Callable[..., World], end: Callable[[Turn], None], word: str, result: Result
) -> None:
    turn = world(use(A)).turn()
    turn.begin()
    end(turn)
    row = turn.row()
    assert ([a.outcome for a in row.attempts], row.result) == ([word], result)


def test_a_cut_is_a_cut(world: Callable[..., World]) -> None:
    turn = world(use(A)).turn()
    turn.begin()
    assert turn.decided(Unanswered(status=None, timed_out=False)) is Do.CUT


@pytest.mark.parametrize(
    ("outcome", "owner"),
    [
        pytest.param(Served(status=200), A, id="answered: the chat lives here now"),
        pytest.param(Limited(reason=LimitReason.USAGE_LIMIT, until=None), B, id="limited: not"),
        pytest.param(Rejected(status=400), B, id="refused for itself: not"),
    ],
)
def test_a_chat_moves_when_it_is_answered_and_not_when_its_socket_opens(
    world: Callable[..., World], outcome: Outcome, owner: AccountId
) -> None:
    moves = replace(use(A), moved_from=B)
    here = world(moves, refuse())
    here.observed = Observed(owners={ThreadId("t"): Owner(account=B, seen_at=here.clock.now())})
    turn = here.turn()
    assert turn.begin() is Do.SEND
    turn.decided(outcome)
    assert here.observed.owners[ThreadId("t")].account == owner


def test_only_a_turn_makes_a_thread_live_somewhere(world: Callable[..., World]) -> None:
    here = world()
    remember(use(A), replace(FACTS, kind=RequestKind.MODELS), here.seams())
    assert here.lessons == 0
    remember(use(A), FACTS, here.seams())
    assert here.observed.owners[ThreadId("t")].account == A


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        pytest.param(Asks.TURN, [("req_new", A)], id="a turn counts from then on"),
        pytest.param(Asks.PREWARM, [], id="a prewarm makes nothing"),
    ],
)
def test_it_is_told_what_is_about_to_be_sent(
    world: Callable[..., World], asks: Asks, told: list[tuple[str, AccountId]]
) -> None:
    here = world(use(A))
    assert here.turn(asks=asks).begin() is Do.SEND
    assert here.sent == told


def test_what_leaves_for_another_account_is_not_told_of(world: Callable[..., World]) -> None:
    here = world(use(B, a_may=False))
    assert here.turn().begin() is Do.LEAVE
    assert here.sent == []


def test_a_model_that_nobody_could_read_is_decided_on_as_such(world: Callable[..., World]) -> None:
    facts = [world(use(A)).turn(unread=unread).row().facts for unread in (True, False)]
    assert [one.unread for one in facts] == [True, False]


def test_a_socket_that_rests_outlives_the_back_end_s_hour() -> None:
    assert IDLE_S > 3600
    assert {f.name for f in Line.__dataclass_fields__.values()} >= {"close", "cut", "wait"}
