"""What a serving process knows and does besides the requests themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.app import App
from core.domain.account import AccountId
from core.domain.decision import Refuse, RefuseReason, Use
from core.domain.errors import CoreError
from core.domain.events import Event, RequestEnded
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.state import put_account
from core.domain.thread_owners import own_thread
from core.serving import Serving
from tests.core.control.apps import free_port, make_app
from tests.core.routing.pool import account
from tests.fakes.clock import FakeClock

A = AccountId("A")
ASKED = Facts(kind=RequestKind.RESPONSES, thread=ThreadId("thread-1"), model="gpt-x")


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    yield app
    await app.close()


@pytest.fixture
def serving(app: App) -> Serving:
    assert app.serving is not None
    return app.serving


def decided(serving: Serving) -> Use | Refuse:
    decision = serving.choose(ASKED, frozenset())
    assert isinstance(decision, Use | Refuse)
    return decision


async def test_without_an_account_nobody_is_chosen(serving: Serving) -> None:
    refused = decided(serving)

    assert isinstance(refused, Refuse)
    assert refused.reason is RefuseReason.NO_ACCOUNT


async def test_an_account_that_was_just_added_serves_the_next_request(
    app: App, serving: Serving
) -> None:
    await app.folder.store.change(put_account(account("A", 1)))

    chosen = decided(serving)

    assert isinstance(chosen, Use)
    assert chosen.account == A


async def test_a_setting_counts_from_the_next_request_on(app: App, serving: Serving) -> None:
    for number, name in enumerate("AB", 1):
        await app.folder.store.change(put_account(account(name, number)))
    app.folder.store.learn(
        own_thread(ThreadId("another"), A, now=app.clock.now(), fresh_for=timedelta(0))
    )
    app.home.settings.write_text('[routing]\nstrategy = "round-robin"\n', "utf-8")
    app.reload_settings()

    chosen = decided(serving)

    assert isinstance(chosen, Use)
    assert chosen.account == "B"


async def test_a_locked_vault_refuses_and_says_so(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    await app.unlock("fake words")
    await app.close()

    after = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await after.serve("serve")
    assert after.serving is not None
    refused = decided(after.serving)
    report = await after.status(after.codex_home(None))

    assert isinstance(refused, Refuse)
    assert refused.reason is RefuseReason.LOCKED
    assert report.vault.locked
    assert [notice.code for notice in report.notices] == ["locked"]
    await after.close()


async def turn(app: App) -> httpx.Response:
    """What the bound Codex would send for a turn, and what it gets."""
    (lease,) = app.leases.secrets
    address = f"http://127.0.0.1:{app.port}/c/{lease.secret.value}/backend-api/codex"
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"{address}/responses", json={"model": "gpt-x"})


async def test_it_is_quiet_since_the_last_request_ended(
    app: App, serving: Serving, clock: FakeClock
) -> None:
    minute = timedelta(minutes=1)
    await app.bind(app.codex_home(None), replace=False, rotate=False)

    clock.advance(minute)
    assert serving.quiet_for() == minute
    await turn(app)
    assert serving.quiet_for() == timedelta(0)
    clock.advance(minute)
    assert serving.quiet_for() == minute


async def test_each_request_that_ends_is_kept_and_told(app: App) -> None:
    heard: list[Event] = []
    app.bus.listen(heard.append)
    await app.bind(app.codex_home(None), replace=False, rotate=False)

    answer = await turn(app)

    (record,) = await app.requests(5)
    assert answer.status_code == 400
    assert answer.headers["x-turntable-request"] == record.id
    assert (record.because, record.facts.model) == ("no_account", "gpt-x")
    assert RequestEnded(request=record.id, account=None, result="refused") in heard


async def test_a_secret_that_nobody_has_is_not_let_in(app: App) -> None:
    await app.bind(app.codex_home(None), replace=False, rotate=False)
    address = f"http://127.0.0.1:{app.port}/c/{'x' * 43}/backend-api/codex/models"

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(address)

    assert answer.status_code == 400
    assert await app.requests(5) == ()


async def test_budgets_that_cannot_be_counted_at_the_start_are_said_in_the_status(
    app: App, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable() -> None:
        raise CoreError("disk", "The ledger cannot be read.")

    monkeypatch.setattr(serving._summing, "_sum_up", unreadable)
    await serving._summing.attempt()

    report = await app.status(app.codex_home(None))

    assert [notice.code for notice in report.notices] == ["budgets"]
