"""Budgets in words a person would say: what they are about, what is used, until when."""

from typing import assert_never

from core.domain.budgets import Budget, Measure, Period, Subject
from core.words.speech import Speech


def about(budget: Budget, name: str, speech: Speech) -> str:
    """What a budget is about; `name`: what the account or the pool is called, else its key."""
    match budget.subject:
        case Subject.ACCOUNT:
            return speech.say("account {name}", name=name)
        case Subject.POOL:
            return speech.say("pool {name}", name=name)
        case Subject.CLIENT:
            return speech.say("client {name}", name=name)
        case Subject.PROJECT:
            return speech.say("project {name}", name=name)
        case _:
            assert_never(budget.subject)


def used(budget: Budget, amount: float, speech: Speech) -> str:
    """How much of it is used."""
    match budget.measure:
        case Measure.REQUESTS:
            sentence, places = "{used} of {limit} requests", 0
        case Measure.TOKENS:
            sentence, places = "{used} of {limit} tokens", 0
        case Measure.COST:
            sentence, places = "${used} of ${limit}", 2 if budget.limit >= 1 else 4
        case _:
            assert_never(budget.measure)
    return speech.say(
        sentence,
        used=speech.number(amount, places=places),
        limit=speech.number(budget.limit, places=places),
    )


def period(budget: Budget, speech: Speech) -> str:
    """The period that counts now."""
    match budget.period:
        case Period.HOUR:
            return speech.say("this hour")
        case Period.DAY:
            return speech.say("today")
        case Period.WEEK:
            return speech.say("this week")
        case Period.MONTH:
            return speech.say("this month")
        case _:
            assert_never(budget.period)


def uncounted_sentence(speech: Speech) -> str:
    """The ledger cannot be summed up."""
    return speech.say(
        "Your budgets could not be counted, and may let work through; Turntable tries again by "
        "itself."
    )
