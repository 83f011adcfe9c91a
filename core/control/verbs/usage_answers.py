"""Asking the usage endpoint for a verb, and what it said: a word for programs, and a sentence."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import Account, AccountId
from core.quota.usage_endpoint import (
    Answer,
    NoAnswer,
    NotTaken,
    OutOfService,
    Told,
    TurnedAway,
)
from core.runtime.failing import what_failed
from core.words import quota as words


def named_accounts(app: App, arguments: Arguments) -> list[Account]:
    """The one that was named, or all."""
    typed = arguments.text("account")
    if typed is not None:
        return [find_account(app.state, typed)]
    return list(app.state.accounts.values())


async def ask_usage(
    app: App, accounts: Sequence[Account], arguments: Arguments
) -> Mapping[AccountId, Answer]:
    """Ask about each; nobody is asked about nobody.

    Raises:
        CoreError: as `App.ask_usage`.
    """
    if not accounts:
        return {}
    ids = [account.id for account in accounts]
    return await app.ask_usage(ids, passphrase=arguments.text("passphrase"))


def word_of(answer: Answer) -> str:
    """A word for programs."""
    match answer:
        case Told():
            return "taken"
        case NotTaken():
            return "sign_in_needed"
        case OutOfService():
            return "out_of_service"
        case TurnedAway():
            return "turned_away"
        case NoAnswer():
            return "no_answer"
        case _:
            assert_never(answer)


def sentence_of(app: App, answer: Answer) -> str:
    """A sentence for people."""
    match answer:
        case Told(quota=found):
            return words.taken(found, app.clock.now(), app.speech)
        case NotTaken():
            return app.speech.say("Its sign-in is not taken any more; sign in again.")
        case OutOfService():
            return app.speech.say("The back end says that its workspace is out of service.")
        case TurnedAway(challenged=True):
            return app.speech.say(
                "The network in front of the back end turned the question away; "
                "check VPN and proxy settings."
            )
        case TurnedAway():
            return app.speech.say("The back end was asked too often; it is asked again later.")
        case NoAnswer(detail=detail):
            return app.speech.say(
                "The back end could not be asked ({detail}).", detail=what_failed(detail)
            )
        case _:
            assert_never(answer)
