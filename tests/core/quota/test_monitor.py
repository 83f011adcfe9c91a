"""Numbers stay fresh without a prompt: the real monitor and store against the stand-in."""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.decision import Because
from core.domain.observed import block_at
from core.domain.quota import QuotaSource, WindowKind
from core.domain.settings import Settings, with_value
from core.domain.state import put_account
from core.quota.login import Login
from core.quota.monitor import Monitor
from core.quota.usage_endpoint import NoAnswer, NotTaken, OutOfService, Told, TurnedAway
from core.runtime.net import connector
from core.standin import replies
from core.standin.people import make_login
from core.standin.recorded import Recorded
from core.standin.script import Endpoint
from core.standin.server import StandIn
from core.storage.database import open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import Store, load_store
from tests.core.routing.pool import account
from tests.fakes.clock import FakeClock

A, B = AccountId("A"), AccountId("B")


class Rig:
    """Accounts A and B, a monitor, and the back end that it asks."""

    def __init__(self, store: Store, back_end: StandIn, clock: FakeClock) -> None:
        self.store = store
        self.back_end = back_end
        self.clock = clock
        self.settings = Settings()
        self.on_battery = False
        self.base_url: str | None = back_end.base_url
        self.renewable: set[AccountId] = set()
        self.grants: dict[AccountId, Grant | None] = {}
        for name in ("A", "B"):
            login = make_login(name)
            back_end.add(login)
            self.grants[AccountId(name)] = _grant(login.access_token, login.account_id)
        self.monitor = Monitor(
            store=store,
            login=Login(authorise=self.authorise, renew=self.renew),
            connect=connector(with_value(Settings(), "upstream.proxy", "").upstream),
            base_url=lambda: self.base_url,
            settings=lambda: self.settings,
            clock=clock,
            draw=lambda: 0.0,
            on_battery=lambda: self.on_battery,
        )

    async def authorise(self, account_id: AccountId) -> Grant | None:
        return self.grants[account_id]

    async def renew(self, account_id: AccountId, refused: Grant) -> bool:
        if account_id not in self.renewable:
            return False
        login = make_login(str(account_id), family=2)
        self.back_end.add(login)
        self.grants[account_id] = _grant(login.access_token, login.account_id)
        return True

    @property
    def asked(self) -> list[str | None]:
        return [one.account for one in self.questions]

    @property
    def questions(self) -> list[Recorded]:
        return [one for one in self.back_end.requests if one.path.endswith("/wham/usage")]

    def remaining(self, account_id: AccountId) -> float | None:
        window = self.store.observed.quotas[account_id].window(WindowKind.SESSION)
        return None if window is None else window.remaining


def _grant(token: str, workspace: str) -> Grant:
    return Grant(access_token=token, workspace=workspace, fedramp=False, expires_at=None)


@pytest.fixture
async def rig(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Rig]:
    database = await open_database(tmp_path / "vault.db", VAULT_SCHEMA)
    store = await load_store(database, publish=lambda _: None)
    await store.change(put_account(account("A", 1)))
    await store.change(put_account(account("B", 2)))
    async with StandIn(now=clock.now) as back_end:
        rig = Rig(store, back_end, clock)
        yield rig
        await rig.monitor.close()
        assert back_end.violations == []
    await store.close()
    await database.close()


async def test_everybody_nobody_told_of_is_asked_about_one_at_a_time(rig: Rig) -> None:
    rig.back_end.use("A", 38, resets_at=rig.clock.now() + timedelta(hours=2))
    assert await rig.monitor.turn() == 3.0
    assert rig.asked == ["A"]
    assert rig.remaining(A) == 62.0
    await rig.monitor.turn()
    assert rig.asked == ["A", "B"]
    window = rig.store.observed.quotas[A].window(WindowKind.SESSION)
    assert window is not None
    assert window.source is QuotaSource.USAGE


async def test_then_it_rests_until_the_numbers_are_old(rig: Rig) -> None:
    await rig.monitor.turn()
    await rig.monitor.turn()
    assert await rig.monitor.turn() == 120.0
    rig.clock.advance(119)
    await rig.monitor.turn()
    assert rig.asked == ["A", "B"]
    rig.clock.advance(1)
    await rig.monitor.turn()
    assert rig.asked == ["A", "B", "A"]


async def test_on_its_battery_it_rests_three_times_as_long(rig: Rig) -> None:
    rig.on_battery = True
    await rig.monitor.turn()
    await rig.monitor.turn()
    assert await rig.monitor.turn() == 360.0
    rig.on_battery = False
    assert await rig.monitor.turn() == 120.0


async def test_it_asks_ever_more_rarely_while_nobody_looks(rig: Rig) -> None:
    for _ in range(24 * 60):
        await rig.monitor.turn()
        rig.clock.advance(60)
    assert 80 <= len(rig.asked) <= 130
    rig.monitor.looked()
    rig.clock.advance(121)
    await rig.monitor.turn()
    asked = len(rig.asked)
    await rig.monitor.turn()
    assert len(rig.asked) == asked + 1


async def test_a_question_costs_no_quota_and_names_the_right_account(rig: Rig) -> None:
    await rig.monitor.refresh([A, B])
    assert rig.back_end.turns() == ()
    assert [one.header("chatgpt-account-id") for one in rig.questions] == ["acct-A", "acct-B"]
    assert rig.remaining(A) == 100.0


async def test_what_cannot_be_read_is_named_and_the_rest_counts(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    resets_at = (rig.clock.now() + timedelta(hours=1)).timestamp()
    good = {"used_percent": 40, "limit_window_seconds": 18_000, "reset_at": resets_at}
    bad = {"used_percent": "fake-rubbish", "limit_window_seconds": 604_800, "reset_at": None}
    usage = {"rate_limit": {"primary_window": good, "secondary_window": bad}}
    rig.back_end.always("A", replies.as_json(200, usage), on=Endpoint.USAGE)
    await rig.monitor.turn()
    assert rig.remaining(A) == 60.0
    assert "rate_limit.secondary_window.used_percent" in caplog.text
    assert "fake-rubbish" not in caplog.text


async def test_a_challenge_of_the_network_benches_nobody_and_is_waited_out(rig: Rig) -> None:
    rig.back_end.always(None, replies.cdn_challenge(), on=Endpoint.USAGE)
    assert await rig.monitor.turn() == 3.0
    assert await rig.monitor.turn() == 300.0
    assert rig.store.observed.blocks == {}
    rig.clock.advance(300)
    await rig.monitor.turn()
    assert await rig.monitor.turn() == 600.0
    rig.back_end.clear(None)
    rig.clock.advance(600)
    await rig.monitor.turn()
    await rig.monitor.turn()
    assert len(rig.asked) == 4


async def test_asked_too_often_it_waits_as_it_is_told(rig: Rig) -> None:
    rig.back_end.next(None, replies.rate_limit_exceeded(retry_after_s=900), on=Endpoint.USAGE)
    await rig.monitor.turn()
    assert await rig.monitor.turn() == 900.0


async def test_a_clock_that_is_set_back_does_not_make_the_pause_last_for_a_day(rig: Rig) -> None:
    rig.back_end.next(None, replies.cdn_challenge(), on=Endpoint.USAGE)
    await rig.monitor.turn()
    asked = len(rig.questions)
    assert await rig.monitor.turn() == 300.0
    rig.clock.set_wall(rig.clock.now() - timedelta(days=1))
    await rig.monitor.turn()
    assert len(rig.questions) == asked + 1


async def test_a_person_may_ask_all_the_same(rig: Rig) -> None:
    rig.back_end.next(None, replies.cdn_challenge(), on=Endpoint.USAGE)
    await rig.monitor.turn()
    answers = await rig.monitor.refresh([A, B])
    assert all(isinstance(answer, Told) for answer in answers.values())
    assert await rig.monitor.turn() == 120.0


async def test_a_person_who_is_turned_away_hears_it_once(rig: Rig) -> None:
    rig.back_end.always(None, replies.cdn_challenge(), on=Endpoint.USAGE)
    answers = await rig.monitor.refresh([A, B])
    assert answers == {A: TurnedAway(retry_after_s=None, challenged=True)}


async def test_a_token_that_was_refused_is_renewed_once(rig: Rig) -> None:
    rig.back_end.revoke("A")
    rig.renewable.add(A)
    answers = await rig.monitor.refresh([A])
    assert isinstance(answers[A], Told)
    assert len(rig.questions) == 2


async def test_a_login_that_is_dead_is_said_to_be(rig: Rig) -> None:
    rig.back_end.revoke("A")
    rig.grants[B] = None
    assert await rig.monitor.refresh([A, B]) == {A: NotTaken(), B: NotTaken()}


async def test_a_workspace_counts_as_gone_when_it_is_said_twice_and_comes_back(rig: Rig) -> None:
    rig.back_end.deactivate("A")
    answers = await rig.monitor.refresh([A, B])
    assert isinstance(answers[A], OutOfService)
    rig.clock.advance(20)
    await rig.monitor.turn()
    block = block_at(rig.store.observed, A, "", rig.clock.now())
    assert block is not None
    assert block.because is Because.GONE
    rig.back_end.clear("A")
    rig.clock.advance(block.until - rig.clock.now() - timedelta(seconds=10))
    await rig.monitor.turn()
    await rig.monitor.turn()
    assert block_at(rig.store.observed, A, "", rig.clock.now()) is None


async def test_the_end_of_a_limit_is_noticed_soon_after_it(rig: Rig) -> None:
    rig.back_end.limit("A", until=rig.clock.now() + timedelta(minutes=1))
    await rig.monitor.turn()
    await rig.monitor.turn()
    block = block_at(rig.store.observed, A, "", rig.clock.now())
    assert block is not None
    rig.clock.advance(60)
    assert block_at(rig.store.observed, A, "", rig.clock.now()) is None
    rig.clock.advance(90)
    await rig.monitor.turn()
    await rig.monitor.turn()
    assert rig.remaining(A) == 100.0


async def test_no_token_leaves_for_an_address_that_is_not_allowed(rig: Rig) -> None:
    rig.base_url = None
    answers = await rig.monitor.refresh([A])
    assert isinstance(answers[A], NoAnswer)
    assert rig.questions == []


async def test_a_back_end_that_is_down_changes_nothing(rig: Rig) -> None:
    rig.base_url = "http://127.0.0.1:9/backend-api"
    answers: Mapping[AccountId, object] = await rig.monitor.refresh([A])
    assert isinstance(answers[A], NoAnswer)
    assert rig.store.observed.quotas == {}
    assert rig.store.observed.blocks == {}


async def test_when_a_reset_credit_expires_is_asked_for_only_where_there_is_one(rig: Rig) -> None:
    ends = rig.clock.now() + timedelta(hours=20)
    rig.back_end.grant_reset("A", expires_at=ends)
    await rig.monitor.refresh([A, B])
    assert rig.store.observed.credit_ends == {A: ends}
    await rig.monitor.refresh([A])
    listed = [one for one in rig.back_end.requests if one.path.endswith("reset-credits")]
    assert [one.account for one in listed] == ["A"]
