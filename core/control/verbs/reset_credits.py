"""reset-credits: which ones an account has, and spending one at the user's word."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import assert_never

from core.accounts.find import find_account
from core.app import App
from core.control.asking_as import ask_as
from core.control.verb import Arguments
from core.domain.account import Account, AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.quota import Quota
from core.domain.reset_credit import Redemption, ResetCredit, limits_were_reset, redeemable
from core.domain.sentence import Sentence
from core.quota.back_end import NoAnswer, NotTaken, OutOfService, Refused, TurnedAway
from core.quota.reset_credits import Listed, Redeemed, list_credits, redeem
from core.runtime.failing import what_failed
from core.words import quota as words


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCredits:
    """The answer of `reset-credits`.

    Attributes:
        account: whose.
        credits: each with its status and expiry, in the back end's order.
        available: how many can be redeemed now.
        redeemed: what became of a redemption; None where none was asked for.
        messages: the same, in sentences.
        exit_code: 1 where a redemption changed nothing.
    """

    account: AccountId
    credits: tuple[ResetCredit, ...]
    available: int
    redeemed: Redemption | None
    messages: tuple[str, ...]
    exit_code: int


async def reset_credits(app: App, arguments: Arguments) -> ResetCredits:
    """List them; with `redeem` spend the one that expires first, and look again afterwards.

    Raises:
        CoreError: `confirmation_needed` before anything is spent; `sign_in_needed`,
            `back_end_refused`; `redemption_unknown` where nobody said what became of it.
    """
    account = find_account(app.state, arguments.required("account"))
    passphrase = arguments.text("passphrase")
    found = await _listed(app, account, passphrase)
    if not arguments.flag("redeem"):
        return _answer(app, account, found, None, _told(app, account, found))
    good = redeemable(found, app.clock.now())
    if not good:
        message = Sentence("{label} has no reset credit that can be redeemed.", label=account.label)
        raise CoreError("no_reset_credit", message)
    if not arguments.flag("yes"):
        raise _unconfirmed(app, account, good)
    code = await _redeemed(app, account, good[0], passphrase)
    if code is Redemption.RESET:
        app.folder.store.learn(limits_were_reset(account.id, now=app.clock.now()))
    await app.ask_usage([account.id], passphrase=passphrase)
    left = await _listed(app, account, passphrase)
    lines = (_outcome(app, account, code), *_told(app, account, left))
    return _answer(app, account, left, code, lines)


async def _listed(app: App, account: Account, passphrase: str | None) -> tuple[ResetCredit, ...]:
    answer = await ask_as(app, account, passphrase, list_credits)
    if isinstance(answer, Listed):
        return answer.credits
    raise _refused(account, answer)


async def _redeemed(
    app: App, account: Account, credit: ResetCredit, passphrase: str | None
) -> Redemption:
    question = partial(redeem, credit_id=credit.id, request_id=str(uuid.uuid4()))
    answer = await ask_as(app, account, passphrase, question)
    match answer:
        case Redeemed(code=Redemption() as code):
            return code
        case Redeemed() | NoAnswer():
            raise CoreError(
                "redemption_unknown",
                Sentence(
                    "The back end did not say whether a reset credit of {label} was redeemed.",
                    label=account.label,
                ),
                Sentence(
                    "`turntable reset-credits '#{number}'` shows which ones are left.",
                    number=account.number,
                ),
            )
        case _:
            raise _refused(account, answer)


def _refused(account: Account, answer: Refused) -> CoreError:
    match answer:
        case NotTaken():
            return CoreError(
                "sign_in_needed",
                Sentence(
                    "{label} needs a new sign-in first; nothing was changed.", label=account.label
                ),
                Sentence("`turntable login --again '#{number}'`", number=account.number),
                exit_code=ExitCode.SIGN_IN_NEEDED,
            )
        case OutOfService():
            why = Sentence("its workspace is out of service")
        case TurnedAway(challenged=True):
            why = Sentence("the network in front of the back end turned the question away")
        case TurnedAway():
            why = Sentence("the back end was asked too often")
        case NoAnswer(detail=detail):
            why = Sentence(what_failed(detail))
        case _:
            assert_never(answer)
    message = Sentence(
        "The reset credits of {label} could not be asked about: {why}.",
        label=account.label,
        why=why,
    )
    return CoreError("back_end_refused", message, "`turntable doctor` looks for the reason.")


def _unconfirmed(app: App, account: Account, good: tuple[ResetCredit, ...]) -> CoreError:
    """What is about to be spent, and on what: nothing was spent yet."""
    now = app.clock.now()
    left = words.left(app.observed.quotas.get(account.id, Quota()), now, app.speech)
    known = left or words.not_known(app.speech)
    expires = _expiry(app, good[0].expires_at)
    return CoreError(
        "confirmation_needed",
        app.speech.say(
            "{name}: {left}. A reset credit ({expires}) would make every window full again; "
            "{count} in all. It cannot be taken back.",
            name=account.label,
            left=known,
            expires=expires,
            count=len(good),
        ),
        app.speech.say("Add --yes to redeem it."),
        exit_code=ExitCode.USAGE,
    )


def _expiry(app: App, moment: datetime | None) -> str:
    if moment is None:
        return app.speech.say("no known expiry")
    return app.speech.say("expires {time}", time=app.speech.clock(moment, app.clock.now()))


def _told(app: App, account: Account, found: tuple[ResetCredit, ...]) -> tuple[str, ...]:
    good = redeemable(found, app.clock.now())
    if not good:
        return (app.speech.say("{name} has no reset credit.", name=account.label),)
    head = app.speech.say("{name}: reset credits: {count}", name=account.label, count=len(good))
    lines = [
        f"  {one.title or app.speech.say('reset credit')}  {_expiry(app, one.expires_at)}"
        for one in good
    ]
    return (head, *lines)


def _outcome(app: App, account: Account, code: Redemption) -> str:
    say, name = app.speech.say, account.label
    quota = app.observed.quotas.get(account.id, Quota())
    left = words.left(quota, app.clock.now(), app.speech) or words.not_known(app.speech)
    match code:
        case Redemption.RESET:
            return say("{name}: a reset credit was redeemed; now {left}.", name=name, left=left)
        case Redemption.NOTHING_TO_RESET:
            return say(
                "{name}: there was nothing to reset; no credit was spent ({left}).",
                name=name,
                left=left,
            )
        case Redemption.NO_CREDIT:
            return say(
                "{name}: that credit is not there any more; nothing was changed ({left}).",
                name=name,
                left=left,
            )
        case Redemption.ALREADY_REDEEMED:
            return say(
                "{name}: that credit had been redeemed before; nothing more was spent.", name=name
            )
        case _:
            assert_never(code)


def _answer(
    app: App,
    account: Account,
    found: tuple[ResetCredit, ...],
    code: Redemption | None,
    messages: tuple[str, ...],
) -> ResetCredits:
    spent_nothing = code in (Redemption.NO_CREDIT, Redemption.NOTHING_TO_RESET)
    return ResetCredits(
        account=account.id,
        credits=found,
        available=len(redeemable(found, app.clock.now())),
        redeemed=code,
        messages=messages,
        exit_code=int(ExitCode.FAILED if spent_nothing else ExitCode.DONE),
    )
