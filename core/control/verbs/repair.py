"""The careful part of `check --flagged`: what may be tried for an account in trouble, and no more.

A refresh token that may be spent is never presented here while there is something to lose, and one
that the issuer has refused for good is never presented again: what can be tried is to ask with the
access token, to read a source again, and to let Codex look after its own login.
"""

from enum import StrEnum
from typing import assert_never

from core.app import App
from core.domain.account import Account, Refresher
from core.domain.decision import AccountState, Because, Verdict
from core.domain.observed import mended, signed_in_again
from core.routing.eligibility import shown_standing
from core.words.standing import because

_FLAGGED = frozenset(
    {
        AccountState.NEEDS_SIGN_IN,
        AccountState.UNVERIFIED,
        AccountState.OUT_OF_SERVICE,
        AccountState.FAILING,
    }
)


class Attempt(StrEnum):
    """What may be tried once for an account; the value is a word for programs."""

    ASK = "would_ask"
    """Ask the usage endpoint; a token that has run out, or is refused, is renewed first."""
    READ_AGAIN = "would_read_again"
    """Read its source again, have Codex look after its login, then ask."""
    NOTHING = "sign_in_needed"
    """Only its user can help."""


def attempt_for(account: Account, stands: Verdict) -> Attempt | None:
    """What may be tried; None: there is nothing wrong with it, or it is switched off."""
    if stands.state not in _FLAGGED:
        return None
    if stands.state is not AccountState.NEEDS_SIGN_IN:
        return Attempt.ASK
    match stands.because:
        case Because.SIGNED_OUT | Because.RESTORED:
            return Attempt.NOTHING
        case Because.SIGN_IN_ENDED if account.refresher is Refresher.TURNTABLE:
            return Attempt.NOTHING
        case _ if account.refresher is Refresher.ELSEWHERE:
            return Attempt.READ_AGAIN
        case _:
            return Attempt.ASK


def attempt_now(app: App, account: Account) -> Attempt | None:
    """`attempt_for` as the account stands now."""
    return attempt_for(account, _standing(app, account))


def intended(app: App, account: Account, attempt: Attempt) -> str:
    """What is wrong, and what `--restore` would do about it."""
    return " ".join((because(_standing(app, account), app.speech), _intention(app, attempt)))


def mend(app: App, account: Account) -> str:
    """After the back end took its login: end what is known against it; limits are no such thing.

    Nothing ends where the issuer has ended the login meanwhile, though its access token lives.

    Returns:
        How it stands now, in a sentence.
    """
    if attempt_now(app, account) is not Attempt.NOTHING:
        app.folder.store.learn(mended(account.id))
        app.folder.store.learn(signed_in_again(account.id))
    now = _standing(app, account)
    # A doubt about a refresh token stays: what was asked was its access token.
    return because(now, app.speech) if now.state in _FLAGGED else app.speech.say("It is back.")


def _intention(app: App, attempt: Attempt) -> str:
    say = app.speech.say
    match attempt:
        case Attempt.ASK:
            return say("--restore asks the back end once, for free; taken, the account is back.")
        case Attempt.READ_AGAIN:
            return say("--restore reads its source again and asks once, for free.")
        case Attempt.NOTHING:
            return say("Nothing can be tried here.")
        case _:
            assert_never(attempt)


def _standing(app: App, account: Account) -> Verdict:
    return shown_standing(account, app.observed, now=app.clock.now())
