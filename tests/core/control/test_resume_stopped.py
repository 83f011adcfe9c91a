"""`resume-stopped`: which chats stand still because of a limit, and which may go on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.resume_stopped import StoppedChats, ended_on_a_limit, resume_stopped
from core.domain.account import AccountId
from core.domain.decision import RefuseReason, UseReason
from core.domain.errors import CoreError, ExitCode
from core.domain.facts import RequestKind, ThreadId
from core.domain.observed import learn_outcome
from core.domain.outcome import Limited, LimitReason
from core.domain.state import put_account
from core.domain.usage import RequestRecord, Result
from tests.core.control.apps import make_app
from tests.core.routing.pool import account
from tests.core.storage.samples import request
from tests.fakes.clock import START, FakeClock

A = AccountId("A")
HOUR = timedelta(hours=1)


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = make_app(tmp_path, clock)
    await app.hold("a test")
    await app.folder.store.change(put_account(account("A", 1)))
    yield app
    await app.close()


def turn(
    number: int,
    thread: str,
    result: Result = Result.REFUSED,
    *,
    because: str = RefuseReason.ALL_WAITING,
    ago: timedelta = HOUR,
    status: int | None = 400,
) -> RequestRecord:
    """A turn of this thread that ended so."""
    record = request(number)
    return replace(
        record,
        started_at=START - ago,
        facts=replace(record.facts, thread=ThreadId(thread), parent=None),
        because=because,
        result=result,
        status=status,
    )


def add(app: App, *records: RequestRecord) -> None:
    for record in records:
        app.folder.ledger.append(record)


async def asked(app: App, **values: str) -> StoppedChats:
    return await resume_stopped(app, Arguments(values))


def block(app: App, *, until: timedelta) -> None:
    limited = Limited(reason=LimitReason.USAGE_LIMIT, until=START + until, model="")
    app.folder.store.learn(learn_outcome(A, limited, model="", now=START))


@pytest.mark.parametrize(
    ("record", "stopped"),
    [
        pytest.param(turn(1, "t"), True, id="all were waiting"),
        pytest.param(turn(1, "t", because=RefuseReason.OWNER_WAITS), True, id="its own waited"),
        pytest.param(turn(1, "t", because=RefuseReason.PINNED), True, id="it was kept on one"),
        pytest.param(turn(1, "t", because=RefuseReason.ALL_RESERVED), True, id="kept in reserve"),
        pytest.param(
            turn(1, "t", Result.FAILED, because=UseReason.STAY, status=429),
            True,
            id="the back end's own limit came through",
        ),
        pytest.param(turn(1, "t", because=RefuseReason.NO_ACCOUNT), False, id="no account"),
        pytest.param(turn(1, "t", because=RefuseReason.ALL_SIGNED_OUT), False, id="signed out"),
        pytest.param(turn(1, "t", Result.FAILED, status=502), False, id="a failure is no limit"),
        pytest.param(turn(1, "t", Result.SERVED, status=200), False, id="served"),
    ],
)
def test_what_counts_as_stopped(record: RequestRecord, stopped: bool) -> None:
    assert ended_on_a_limit(record) is stopped


async def test_only_a_thread_s_last_turn_counts(app: App) -> None:
    add(
        app,
        turn(1, "went-on", ago=2 * HOUR),
        turn(2, "went-on", Result.SERVED, status=200),
        turn(3, "stands", Result.SERVED, ago=2 * HOUR, status=200),
        turn(4, "stands"),
    )
    (chat,) = (await asked(app)).chats
    assert (chat.thread, chat.request) == ("stands", f"req_{4:016x}")


async def test_a_catalogue_is_no_turn_and_what_is_long_ago_is_over(app: App) -> None:
    catalogue = turn(2, "stands", Result.SERVED, ago=timedelta(0), status=200)
    models = replace(catalogue, facts=replace(catalogue.facts, kind=RequestKind.MODELS))
    add(app, turn(1, "stands"), models, turn(3, "old", ago=timedelta(days=8)))
    assert [chat.thread for chat in (await asked(app)).chats] == ["stands"]
    both = await asked(app, since="9d")
    assert [chat.thread for chat in both.chats] == ["stands", "old"]


async def test_who_would_serve_it_now_is_named_or_when_somebody_will(app: App) -> None:
    add(app, turn(1, "stands"))
    block(app, until=3 * HOUR)
    (chat,) = (await asked(app)).chats
    assert (chat.ready, chat.account, chat.until) == (False, None, START + 3 * HOUR)
    with pytest.raises(CoreError, match="Nobody could serve this chat now") as caught:
        await asked(app, thread="st")
    assert caught.value.exit_code is ExitCode.NOTHING_CAN_SERVE
    assert caught.value.hint == "Somebody could from 12:00 on."


async def test_one_that_may_go_on_is_found_by_the_beginning_of_its_name(app: App) -> None:
    add(app, turn(1, "stands-1"), turn(2, "stands-2"))
    answer = await asked(app, thread="stands-2")
    assert (answer.thread, answer.chats[0].label) == ("stands-2", "A")
    for typed, said in (("stands", "fits 2 chats"), ("other", "No chat that stands still")):
        with pytest.raises(CoreError, match=said) as caught:
            await asked(app, thread=typed)
        assert caught.value.exit_code is ExitCode.USAGE


async def test_nothing_stands_still(app: App) -> None:
    assert (await asked(app)).messages == ("No chat stands still because of a limit.",)
