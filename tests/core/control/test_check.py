"""`check --flagged [--restore]`: who is in trouble is named, tried once, and back when well."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.accounts.roster import Candidate
from core.app import App
from core.codex_home.auth_json import read_login
from core.control.routing_verbs import ROUTING_VERBS
from core.control.verb import Access, Arguments
from core.control.verbs.check import Check, check
from core.control.verbs.repair import Attempt, attempt_for, mend
from core.domain.account import Account, Refresher
from core.domain.decision import AccountState, Because, Verdict
from core.domain.doubt import doubted
from core.domain.errors import ExitCode
from core.domain.health import BlockSource
from core.domain.observed import Lesson, learn_outcome, sign_in_ended
from core.domain.outcome import Failing, Limited, LimitReason
from core.routing.eligibility import shown_standing
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.core.control.apps import make_app
from tests.core.storage.samples import account as sample
from tests.fakes.clock import FakeClock
from tests.fakes.tokens import write_auth_json

VAULT = "a fake passphrase"


@dataclass
class World:
    """A (signed in here) and B (of a Codex home), both known to the back end."""

    app: App
    back_end: StandIn
    clock: FakeClock
    homes: Path

    def account(self, label: str) -> Account:
        (found,) = (a for a in self.app.state.accounts.values() if a.label == label)
        return found

    def learn(self, label: str, lesson: Callable[[Account], Lesson]) -> None:
        self.app.folder.store.learn(lesson(self.account(label)))

    def state(self, label: str) -> AccountState:
        now = self.clock.now()
        return shown_standing(self.account(label), self.app.observed, now=now).state

    async def check(self, *flags: str) -> Check:
        return await check(self.app, Arguments({"passphrase": VAULT, **dict.fromkeys(flags, True)}))

    def asked(self) -> list[str]:
        return [request.path for request in self.back_end.requests]

    async def admit(self, login: Login, refresher: Refresher, source: Path | None) -> None:
        found = read_login(json.dumps(login.auth_json))
        await self.app.joining.roster.admit(
            Candidate(
                login=found,
                refresher=refresher,
                source=None if source is None else str(source),
                label=login.name,
            )
        )


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    async with StandIn(now=clock.now) as back_end:
        app = make_app(
            tmp_path,
            clock,
            upstream_base_url=back_end.base_url,
            upstream_auth_url=back_end.auth_url,
        )
        world = World(app=app, back_end=back_end, clock=clock, homes=tmp_path / "homes")
        await app.hold("check")
        app.offer(VAULT)
        for name, refresher in (("A", Refresher.TURNTABLE), ("B", Refresher.ELSEWHERE)):
            login = make_login(name, expires_at=clock.now() + timedelta(days=10))
            back_end.add(login)
            source = write_auth_json(world.homes / name, login)
            await world.admit(
                login, refresher, source if refresher is Refresher.ELSEWHERE else None
            )
        yield world
        await app.close()


def ended(because: Because) -> Callable[[Account], Lesson]:
    return lambda account: sign_in_ended(account.id, because)


async def test_nobody_in_trouble_is_said_and_nobody_is_asked(world: World) -> None:
    for flags in (("flagged",), ("flagged", "restore")):
        answer = await world.check(*flags)
        assert (answer.accounts, answer.messages) == ((), ("No account is in trouble.",))
        assert answer.exit_code == ExitCode.DONE
    assert world.asked() == []


async def test_flagged_alone_says_what_it_would_do_and_asks_nothing(world: World) -> None:
    world.learn("A", ended(Because.TOKEN_REFUSED))
    world.learn("B", ended(Because.SIGN_IN_ENDED))
    before = world.app.observed
    answer = await world.check("flagged")
    assert [(one.label, one.answer) for one in answer.accounts] == [
        ("A", "would_ask"),
        ("B", "would_read_again"),
    ]
    assert "--restore asks the back end once, for free" in answer.accounts[0].text
    assert answer.messages == (
        "Nothing was asked; `turntable check --flagged --restore` tries it.",
    )
    assert world.asked() == []
    assert world.app.observed == before
    assert answer.exit_code == ExitCode.DONE


async def test_what_answers_well_again_is_back(world: World) -> None:
    def failing(account: Account) -> Lesson:
        now = world.clock.now()
        failed = Failing(status=500, code=None, retry_after_s=600.0)
        return learn_outcome(account.id, failed, model="", now=now, source=BlockSource.ANSWER)

    world.learn("A", failing)
    world.learn("B", ended(Because.TOKEN_EXPIRED))
    assert [world.state(name) for name in "AB"] == ["failing", "needs_sign_in"]
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("taken", True)] * 2
    assert all(one.text.endswith("It is back.") for one in answer.accounts)
    assert [world.state(name) for name in "AB"] == ["ready", "ready"]
    assert answer.exit_code == ExitCode.DONE
    assert len(world.asked()) == 2, "one attempt each"


async def test_a_limit_is_no_trouble_and_is_not_forgotten(world: World) -> None:
    reset = world.clock.now() + timedelta(days=3)

    def limited(account: Account) -> Lesson:
        limit = Limited(reason=LimitReason.USAGE_LIMIT, until=reset, model="gpt-6.1-sol")
        return learn_outcome(account.id, limit, model="gpt-6.1-sol", now=world.clock.now())

    world.learn("A", limited)
    world.learn("A", ended(Because.TOKEN_REFUSED))
    answer = await world.check("flagged", "restore")
    assert [one.restored for one in answer.accounts] == [True]
    (block,) = world.app.observed.blocks[world.account("A").id]
    assert (block.because, block.until) == (Because.USAGE_LIMIT, reset)


async def test_a_login_that_ends_while_it_is_asked_about_stays_ended(world: World) -> None:
    world.learn("A", ended(Because.SIGN_IN_ENDED))
    mend(world.app, world.account("A"))
    assert world.state("A") == "needs_sign_in"


async def test_only_those_in_trouble_are_asked_about(world: World) -> None:
    world.learn("A", ended(Because.TOKEN_REFUSED))
    answer = await world.check("flagged", "restore")
    assert [one.label for one in answer.accounts] == ["A"]
    assert len(world.asked()) == 1


async def test_a_login_that_the_issuer_ended_is_not_presented_again(world: World) -> None:
    world.learn("A", ended(Because.SIGN_IN_ENDED))
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("sign_in_needed", False)]
    assert world.asked() == []
    assert world.state("A") == "needs_sign_in"
    assert answer.exit_code == ExitCode.SIGN_IN_NEEDED


async def test_a_doubted_refresh_token_is_not_spent_while_its_access_token_lives(
    world: World,
) -> None:
    world.learn("A", lambda account: doubted(account.id, Because.IN_DOUBT))
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("taken", False)]
    assert "/oauth/token" not in world.asked()
    assert world.state("A") == "unverified"


async def test_a_doubted_refresh_token_is_tried_once_when_nothing_is_left_to_lose(
    world: World,
) -> None:
    world.learn("A", lambda account: doubted(account.id, Because.IN_DOUBT))
    world.back_end.issuer.expire_access("A")
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("taken", True)]
    assert world.asked().count("/oauth/token") == 1
    assert world.state("A") == "ready"


async def test_a_source_with_a_newer_login_brings_its_account_back(world: World) -> None:
    world.learn("B", ended(Because.SIGN_IN_ENDED))
    world.back_end.issuer.expire_access("B")
    (family,) = world.back_end.issuer.families_of("B")
    world.back_end.issuer.redeem(family.login.refresh_token)
    write_auth_json(world.homes / "B", world.back_end.issuer.families_of("B")[0].login)
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("taken", True)]
    assert world.asked().count("/oauth/token") == 0, "it is not ours to refresh"


async def test_what_is_still_refused_stays_in_trouble(world: World) -> None:
    world.learn("A", ended(Because.TOKEN_REFUSED))
    world.back_end.revoke("A")
    answer = await world.check("flagged", "restore")
    assert [(one.answer, one.restored) for one in answer.accounts] == [("sign_in_needed", False)]
    assert world.state("A") == "needs_sign_in"
    assert answer.exit_code == ExitCode.SIGN_IN_NEEDED


STATES = [
    (AccountState.READY, Because.READY, None, None),
    (AccountState.WAITING, Because.USAGE_LIMIT, None, None),
    (AccountState.DISABLED, Because.DISABLED_BY_USER, None, None),
    (AccountState.FAILING, Because.FAILING, Attempt.ASK, Attempt.ASK),
    (AccountState.OUT_OF_SERVICE, Because.GONE, Attempt.ASK, Attempt.ASK),
    (AccountState.UNVERIFIED, Because.IN_DOUBT, Attempt.ASK, Attempt.ASK),
    (AccountState.UNVERIFIED, Because.RESTORED, Attempt.ASK, Attempt.ASK),
    (AccountState.NEEDS_SIGN_IN, Because.SIGNED_OUT, Attempt.NOTHING, Attempt.NOTHING),
    (AccountState.NEEDS_SIGN_IN, Because.RESTORED, Attempt.NOTHING, Attempt.NOTHING),
    (AccountState.NEEDS_SIGN_IN, Because.SIGN_IN_ENDED, Attempt.NOTHING, Attempt.READ_AGAIN),
    (AccountState.NEEDS_SIGN_IN, Because.TOKEN_EXPIRED, Attempt.ASK, Attempt.READ_AGAIN),
    (AccountState.NEEDS_SIGN_IN, Because.TOKEN_REFUSED, Attempt.ASK, Attempt.READ_AGAIN),
]


@pytest.mark.parametrize(
    ("state", "because", "ours", "elsewhere"), STATES, ids=[f"{s[0]} {s[1]}" for s in STATES]
)
def test_what_may_be_tried_follows_from_what_is_wrong(
    state: AccountState, because: Because, ours: Attempt | None, elsewhere: Attempt | None
) -> None:
    for refresher, expected in ((Refresher.TURNTABLE, ours), (Refresher.ELSEWHERE, elsewhere)):
        account = replace(sample(), refresher=refresher)
        stands = Verdict(account=account.id, eligible=False, state=state, because=because)
        assert attempt_for(account, stands) is expected


@pytest.mark.parametrize(
    ("flags", "access"),
    [
        pytest.param(("flagged",), Access.READ, id="a plan needs no login"),
        pytest.param(("flagged", "restore"), Access.WRITE, id="trying does"),
        pytest.param(("flagged", "deep"), Access.WRITE, id="a deep look does"),
        pytest.param((), Access.WRITE, id="asking does"),
    ],
)
def test_what_a_check_needs(flags: tuple[str, ...], access: Access) -> None:
    (verb,) = (verb for verb in ROUTING_VERBS if verb.name == "check")
    assert verb.needs(verb.check(dict.fromkeys(flags, True))) is access
