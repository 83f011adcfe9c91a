"""Our own logins are renewed one at a time, each refresh token is presented once, none is lost."""

import asyncio
from datetime import timedelta

import pytest

from core.accounts.changes import set_enabled
from core.domain.account import Account
from core.domain.credentials import Credentials
from core.domain.decision import Because
from core.domain.errors import CoreError
from core.domain.events import SignInEnded
from core.oauth.ours import FIRST_REST, LONGEST_REST, Ours
from core.oauth.protocol import refresh_form
from core.oauth.refresh import PATIENT_S
from core.routing.eligibility import shown_standing
from core.standin import replies
from core.standin.issuer import Family
from core.standin.people import Login, make_login, signed_in_again
from core.standin.replies import Reply
from core.standin.script import Cut, Endpoint, Gate, Stall
from tests.core.oauth.parts import Parts
from tests.fakes.clock import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def login(clock: FakeClock) -> Login:
    return make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)


@pytest.fixture
async def account(parts: Parts, login: Login) -> Account:
    return await parts.signed_in(login)


def _family(parts: Parts) -> Family:
    (family,) = parts.back_end.issuer.families
    return family


async def _held(parts: Parts, account: Account) -> Credentials:
    held = await parts.vault.get(account.id)
    assert held is not None
    return held


async def _renewed(parts: Parts, account: Account) -> str | None:
    """The access token once a renewal that this request may begin is over."""
    await parts.token(account.id)
    flights = [t for t in asyncio.all_tasks() if "renew" in t.get_name()]
    await asyncio.gather(*flights)
    return await parts.token(account.id)


async def test_a_token_that_ends_soon_is_renewed_before_it_ends(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    assert await parts.token(account.id) == login.access_token, "nobody waits for it"
    assert await _renewed(parts, account) == _family(parts).login.access_token
    held = await _held(parts, account)
    assert (held.generation, held.refresh_token) == (2, _family(parts).login.refresh_token)
    assert await parts.vault.doubtful() == {}
    (request,) = (one for one in parts.back_end.requests if one.path == "/oauth/token")
    sent = refresh_form(login.refresh_token, reason="proactive_expiry")
    assert (request.body, request.header("content-type")) == (sent.body, sent.content_type)


async def test_a_good_token_is_not_renewed(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=6))
    assert await _renewed(parts, account) == login.access_token
    assert parts.refreshes == 0


async def test_a_refused_token_is_renewed_once_for_all_who_ask(
    parts: Parts, account: Account
) -> None:
    refused = await parts.authoriser.authorise(account.id)
    assert refused is not None
    renewals = await asyncio.gather(
        *(parts.authoriser.renew(account.id, refused) for _ in range(20))
    )
    assert all(renewals)
    assert (_family(parts).renewals, _family(parts).reuses) == (1, 0)
    (request,) = (one for one in parts.back_end.requests if one.path == "/oauth/token")
    assert b"unauthorized_recovery" in request.body


async def test_idle_logins_are_renewed_too(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    idle = await parts.signed_in(make_login("B", expires_at=clock.now() + 9 * DAY))
    off = await parts.signed_in(make_login("C", expires_at=clock.now() + DAY))
    await parts.store.change(set_enabled(off.id, False))
    clock.advance(DAY - timedelta(minutes=1))
    await parts.authoriser.renew_ending()
    await parts.authoriser.close()  # waits for what has begun
    assert [(await _held(parts, one)).generation for one in (account, idle, off)] == [2, 1, 1]
    parts.vault.lock()
    await parts.authoriser.renew_ending()


async def test_two_refreshes_never_overlap(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    other = await parts.signed_in(make_login("B", expires_at=clock.now() + DAY))
    gate = Gate()
    parts.back_end.next(None, gate, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    both = asyncio.gather(parts.token(account.id), parts.token(other.id))
    await gate.reached()
    for _ in range(50):
        await asyncio.sleep(0)
    assert parts.refreshes == 1
    gate.release()
    assert all(await both)
    assert parts.refreshes == 2


async def test_a_partial_answer_keeps_what_it_leaves_out(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    reply = replies.as_json(200, {"access_token": "fake-opaque-2", "expires_in": 3600})
    parts.back_end.next("A", reply, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    assert await parts.token(account.id) == "fake-opaque-2"
    held = await _held(parts, account)
    assert (held.refresh_token, held.generation) == (login.refresh_token, 2)
    assert held.expires_at == clock.now() + timedelta(hours=1)


# The order of things


async def test_the_intent_is_on_the_disk_before_the_token_is_sent(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    gate = Gate()
    parts.back_end.next("A", gate, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    asking = asyncio.ensure_future(parts.token(account.id))
    await gate.reached()
    assert await parts.vault.doubtful() == {account.id: 1}
    gate.release()
    await asking
    assert await parts.vault.doubtful() == {}


async def test_without_a_journal_nothing_is_presented(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    async def full(*_: object) -> None:
        raise CoreError("disk_full", "There is no space left.")

    parts.vault.intend = full  # type: ignore[method-assign, assignment]
    clock.advance(2 * DAY)
    with pytest.raises(CoreError, match="no space"):
        await parts.token(account.id)
    assert parts.refreshes == 0


async def test_newer_tokens_that_the_disk_refuses_wait_unused_and_are_sealed_later(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    succeed = parts.vault.succeed

    async def full(*_: object) -> bool:
        raise CoreError("disk_full", "There is no space left.")

    parts.vault.succeed = full  # type: ignore[method-assign, assignment]
    clock.advance(DAY - timedelta(minutes=1))
    assert await _renewed(parts, account) == login.access_token
    parts.vault.succeed = succeed  # type: ignore[method-assign]
    clock.advance(FIRST_REST)
    assert await _renewed(parts, account) == _family(parts).login.access_token
    assert (_family(parts).renewals, _family(parts).reuses) == (1, 0)
    assert await parts.vault.doubtful() == {}


async def test_tokens_that_waited_for_the_disk_replace_no_newer_login(
    parts: Parts, account: Account, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> bool:
        raise CoreError("disk_full", "There is no space left.")

    with monkeypatch.context() as patched:
        patched.setattr(parts.vault, "succeed", full)
        clock.advance(DAY - timedelta(minutes=1))
        await _renewed(parts, account)
    other = signed_in_again(
        make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY), family=2
    )
    await parts.signed_in(other)
    clock.advance(DAY - timedelta(minutes=1))
    assert await _renewed(parts, account) == other.access_token
    assert (await _held(parts, account)).refresh_token == other.refresh_token


async def test_a_login_that_comes_in_while_the_lane_is_busy_is_not_refreshed(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(2 * DAY)
    other = signed_in_again(
        make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY), family=2
    )
    async with parts.lane.turn():
        asking = asyncio.ensure_future(parts.token(account.id))
        await asyncio.sleep(0)
        await parts.signed_in(other)
    assert await asking == other.access_token
    assert parts.refreshes == 0


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(None, id="newer tokens"),
        pytest.param(replies.oauth_error("invalid_grant"), id="the end of the sign-in"),
    ],
)
async def test_a_late_answer_of_an_older_login_changes_nothing(
    parts: Parts, account: Account, clock: FakeClock, late: Reply | None
) -> None:
    clock.advance(2 * DAY)
    gate = Gate()
    parts.back_end.next("A", *([late] if late else []), gate, on=Endpoint.REFRESH)
    asking = asyncio.ensure_future(parts.token(account.id))
    await parts.back_end.until(lambda: parts.refreshes == 1)
    other = signed_in_again(
        make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY), family=2
    )
    await parts.signed_in(other)
    gate.release()
    assert await asking == other.access_token
    assert (await _held(parts, account)).refresh_token == other.refresh_token
    assert parts.store.observed.signed_out == {}
    assert await parts.vault.doubtful() == {}


# What fails


_TERMINAL = replies.error(401, "Your session has ended.", code="refresh_token_expired")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(_TERMINAL, id="expired"),
        pytest.param(replies.oauth_error("invalid_grant"), id="invalid_grant"),
        pytest.param(replies.error(400, "x", code="app_session_terminated"), id="terminated"),
        pytest.param(Reply(status=401), id="a 401 without words"),
    ],
)
async def test_a_login_that_the_issuer_ended_is_told_once_and_not_presented_again(
    parts: Parts, account: Account, clock: FakeClock, reply: Reply
) -> None:
    parts.back_end.always("A", reply, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    assert [await parts.token(account.id) for _ in range(3)] == [None] * 3
    clock.advance(2 * LONGEST_REST)
    await parts.authoriser.renew_ending()
    assert await parts.token(account.id) is None
    assert parts.refreshes == 1
    assert parts.announced.count(SignInEnded(account=account.id)) == 1
    assert parts.store.observed.signed_out == {account.id: Because.SIGN_IN_ENDED}
    assert await parts.vault.doubtful() == {}


async def test_a_new_sign_in_ends_it(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.back_end.next("A", _TERMINAL, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is None
    again = signed_in_again(
        make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY), family=2
    )
    assert (await parts.signed_in(again)).id == account.id
    assert await parts.token(account.id) == again.access_token
    assert parts.store.observed.signed_out == {}


@pytest.mark.parametrize(
    ("reply", "doubted"),
    [
        pytest.param(replies.cdn_challenge(), True, id="the CDN's challenge"),
        pytest.param(replies.server_error(), True, id="500"),
        pytest.param(replies.captive_portal(), True, id="a captive portal"),
        pytest.param(Reply(status=200, body=b'{"access_tok'), True, id="half an answer"),
        pytest.param(replies.oauth_error("temporarily_unavailable"), False, id="not now"),
    ],
)
async def test_a_passing_trouble_ends_no_sign_in_and_is_not_hammered(
    parts: Parts, account: Account, clock: FakeClock, reply: Reply, doubted: bool
) -> None:
    before = (await _held(parts, account)).access_token
    parts.back_end.next("A", reply, on=Endpoint.REFRESH)
    clock.advance(DAY - timedelta(minutes=4))
    for _ in range(3):
        assert await _renewed(parts, account) == before
    assert parts.refreshes == 1
    assert parts.store.observed.signed_out == {}
    assert await parts.ours.in_doubt(account.id) is doubted
    assert (await parts.vault.doubtful() == {account.id: 1}) is doubted
    clock.advance(timedelta(minutes=5))  # the access token has run out meanwhile
    assert await parts.token(account.id) == _family(parts).login.access_token
    assert await parts.vault.doubtful() == {}


async def test_when_an_answer_is_lost_the_login_serves_as_long_as_it_can(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.back_end.next("A", Cut(), on=Endpoint.REFRESH)  # redeemed, and the answer never arrives
    clock.advance(DAY - timedelta(minutes=4))
    assert await _renewed(parts, account) == login.access_token
    clock.advance(timedelta(minutes=3))
    assert await _renewed(parts, account) == login.access_token
    assert (_family(parts).renewals, _family(parts).revoked) == (1, False)
    assert parts.store.observed.signed_out == {}


def _shown(parts: Parts, account: Account, clock: FakeClock) -> tuple[str, str, bool]:
    stands = shown_standing(account, parts.store.observed, now=clock.now())
    return stands.state.value, stands.because.value, stands.eligible


async def test_offline_nothing_is_sent_and_nothing_is_in_doubt(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    await parts.back_end.close()
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is None
    assert await parts.vault.doubtful() == {}
    assert parts.store.observed.signed_out == {}
    assert _shown(parts, account, clock) == ("failing", "not_renewed", True), "and may be chosen"
    await parts.back_end.start()
    assert await parts.token(account.id) is None, "it rests for a moment"
    clock.advance(FIRST_REST)
    assert await parts.token(account.id) == _family(parts).login.access_token
    assert _shown(parts, account, clock) == ("ready", "ready", True)


async def test_offline_a_token_that_still_lives_is_no_trouble(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    await parts.back_end.close()
    clock.advance(DAY - timedelta(minutes=2))
    assert await _renewed(parts, account) == login.access_token
    assert _shown(parts, account, clock) == ("ready", "ready", True)


async def test_the_rests_grow_up_to_the_longest(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.back_end.always("A", replies.server_error(), on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    asked = []
    for minutes in (0, 0.5, 0.5, 0.5, 2, 4, 8, 15, 14, 1):
        clock.advance(timedelta(minutes=minutes))
        await parts.token(account.id)
        asked.append(parts.refreshes)
    assert asked == [1, 2, 2, 3, 4, 5, 6, 7, 7, 8]


# Doubt


async def _doubted(parts: Parts, account: Account) -> Ours:
    """As after a crash in the middle of a refresh: the journal knows, the memory does not."""
    await parts.vault.intend(account.id, 1)
    return parts.ours


async def test_a_doubted_token_is_not_presented_while_the_access_token_lives(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    await _doubted(parts, account)
    clock.advance(DAY - timedelta(seconds=1))
    assert await _renewed(parts, account) == login.access_token
    assert parts.refreshes == 0


async def test_a_doubted_token_that_was_not_spent_serves_once_more(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    await _doubted(parts, account)
    clock.advance(2 * DAY)
    assert await parts.token(account.id) == _family(parts).login.access_token
    assert not await parts.ours.in_doubt(account.id)


async def test_a_doubted_token_that_was_spent_ends_the_sign_in_at_one_attempt(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    await _doubted(parts, account)
    parts.back_end.issuer.redeem(login.refresh_token)  # its answer was lost with the crash
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is None
    assert parts.refreshes == 1
    assert parts.store.observed.signed_out == {account.id: Because.SIGN_IN_ENDED}


async def test_an_intent_of_an_older_generation_is_no_doubt(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    await parts.signed_in(signed_in_again(login, family=2))
    await parts.vault.intend(account.id, 1)
    assert not await parts.ours.in_doubt(account.id)


async def _quitting(parts: Parts, waits: list[str]) -> asyncio.Task[None]:
    """A quit under way, as far as it comes by itself."""
    closing = asyncio.ensure_future(parts.authoriser.close(waits=lambda: waits.append("waits")))
    async with asyncio.timeout(5):
        while not waits:  # noqa: ASYNC110 - it says so on this very loop
            await asyncio.sleep(0)
    return closing


async def test_quitting_waits_for_the_answer_to_a_refresh_that_was_sent(
    parts: Parts, account: Account, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.oauth.refresh.CLOSE_S", 0.0)
    other = await parts.signed_in(make_login("B", expires_at=clock.now() + DAY))
    gate = Gate()
    parts.back_end.next(None, gate, on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    asking = [asyncio.ensure_future(parts.token(one.id)) for one in (account, other)]
    await gate.reached()
    waits: list[str] = []
    closing = await _quitting(parts, waits)
    assert not closing.done()
    assert parts.authoriser.presented == {account.id}
    gate.release()
    await closing
    await asyncio.gather(*asking, return_exceptions=True)
    assert [(await _held(parts, one)).generation for one in (account, other)] == [2, 1]
    assert parts.refreshes == 1, "the other one had not begun, and does not begin now"
    assert await parts.vault.doubtful() == {}
    assert waits == ["waits"]


async def test_quitting_waits_no_longer_than_the_issuer_may_take_and_leaves_a_doubt(
    parts: Parts, account: Account, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.oauth.refresh.CLOSE_S", 0.0)
    monkeypatch.setattr("core.oauth.refresh.PATIENT_S", 0.05)
    parts.back_end.next("A", Stall(), on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    asking = asyncio.ensure_future(parts.token(account.id))
    await parts.back_end.until(lambda: parts.refreshes == 1)
    await parts.authoriser.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await parts.vault.doubtful() == {account.id: 1}
    assert await parts.ours.in_doubt(account.id)


async def test_who_is_in_no_hurry_waits_for_the_answer_of_a_slow_issuer(
    parts: Parts, account: Account, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.oauth.refresh.CLOSE_S", 0.0)
    gate = Gate()
    parts.back_end.next("A", gate, on=Endpoint.REFRESH)
    clock.advance(DAY - timedelta(minutes=4))
    assert await parts.token(account.id) is not None, "it is renewed beside"
    await gate.reached()
    closing = asyncio.ensure_future(parts.authoriser.close(patience_s=PATIENT_S))
    for _ in range(50):
        await asyncio.sleep(0)
    gate.release()
    await closing
    assert (await _held(parts, account)).generation == 2
    assert await parts.vault.doubtful() == {}


# The end


async def test_revoking_ends_the_login_at_the_issuer(parts: Parts, account: Account) -> None:
    await parts.ours.revoke(account)
    assert _family(parts).revoked
    await parts.roster.remove(account)
    await parts.ours.revoke(account)  # nothing is left to revoke


async def test_a_login_of_somebody_else_is_not_revoked(parts: Parts, login: Login) -> None:
    imported = await parts.imported(login)
    with pytest.raises(CoreError) as caught:
        await parts.ours.revoke(imported)
    assert caught.value.code == "not_ours_to_revoke"
    assert not _family(parts).revoked


@pytest.mark.parametrize(
    "effect", [pytest.param(Cut(), id="a cut"), pytest.param(replies.server_error(), id="500")]
)
async def test_what_could_not_be_revoked_is_said(
    parts: Parts, account: Account, effect: Reply | Cut
) -> None:
    parts.back_end.next("A", effect, on=Endpoint.REVOKE)
    with pytest.raises(CoreError) as caught:
        await parts.ours.revoke(account)
    assert caught.value.code == "issuer_unreachable"


async def test_offline_nothing_is_revoked(parts: Parts, account: Account) -> None:
    await parts.back_end.close()
    with pytest.raises(CoreError) as caught:
        await parts.ours.revoke(account)
    assert caught.value.code == "issuer_unreachable"
