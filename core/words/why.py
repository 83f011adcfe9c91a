"""Why a request went where it went, in sentences made from its record."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import (
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
from core.words.answers import refusal_sentences
from core.words.speech import Speech
from core.words.standing import because as state_sentence

type Label = Callable[[AccountId], str]

_STRATEGIES = {
    "balanced": "{label} had most to lose before its reset (balanced).",
    "sticky": "New chats stay with {label} until it is blocked (sticky).",
    "round-robin": "It was {label}’s turn (round-robin).",
    "hybrid": "It was {label}’s turn (hybrid).",
    "least-used": "The fewest tokens had gone through {label} (least-used).",
    "random": "Chance named {label} (random).",
    "weighted": "It was {label}’s turn by weight (weighted).",
    "drain-first": "{label} resets soonest and is used up first (drain-first).",
}
_STRATEGIES_NOW = {
    "balanced": "{label} has most to lose before its reset (balanced).",
    "sticky": "New chats stay with {label} until it is blocked (sticky).",
    "round-robin": "It is {label}’s turn (round-robin).",
    "hybrid": "It is {label}’s turn (hybrid).",
    "least-used": "The fewest tokens have gone through {label} (least-used).",
    "random": "Chance names {label} (random).",
    "weighted": "It is {label}’s turn by weight (weighted).",
    "drain-first": "{label} resets soonest and is used up first (drain-first).",
}
_REFUSALS = {
    RefuseReason.NO_ACCOUNT: "There was no account.",
    RefuseReason.ALL_WAITING: "Every account that could serve was waiting.",
    RefuseReason.OWNER_WAITS: "The chat stays with its account, which was at its limit.",
    RefuseReason.PINNED: "You keep the chat on an account that could not serve.",
    RefuseReason.ALL_SIGNED_OUT: "No account was signed in.",
    RefuseReason.ALL_OUT_OF_SERVICE: "Every account’s workspace was out of service.",
    RefuseReason.FORCED_ACCOUNT_UNAVAILABLE: "The account that you stay on could not serve.",
    RefuseReason.PAUSED: "What could have served was paused or set aside by you.",
    RefuseReason.ALL_RESERVED: "What was left was kept in reserve.",
    RefuseReason.BUDGET: "A budget of yours was used up.",
    RefuseReason.ALL_FAILING: "Every account was asked, and none was served.",
    RefuseReason.LOCKED: "Your logins were locked.",
    RefuseReason.TIME_BUDGET: "The time that one request may take was over.",
    RefuseReason.RULE_FOLDER: "No rule covered its folder, and such folders were refused.",
    RefuseReason.RULE_NO_FOLDER: (
        "Nobody had said which folder it was in, and unknown folders were refused."
    ),
    RefuseReason.RULE_MODEL: "The rule did not let its model be used.",
    RefuseReason.RULE_ACCOUNTS: "No account was left that the rules let serve.",
    RefuseReason.RULES_UNREADABLE: "The rules could not be read.",
}
_WAITS = {
    WaitReason.POOL_PAUSED: "Several accounts had failed at once, so it was held for a moment.",
    WaitReason.CHALLENGED: "The network had turned requests away, so it was held for a moment.",
    WaitReason.OWNER: "It was held until the chat’s account was back.",
    WaitReason.ASKED: "It was held until you had said whether the chat may move.",
    WaitReason.NEAR_RESET: "It was held for a reset that was near.",
}
_WAITS_NOW = {
    WaitReason.POOL_PAUSED: "Several accounts have failed at once; it would be held for a moment.",
    WaitReason.CHALLENGED: "The network turns requests away; it would be held for a moment.",
    WaitReason.OWNER: "It would be held until the chat’s account is back.",
    WaitReason.ASKED: "It would be held until you have said whether the chat may move.",
    WaitReason.NEAR_RESET: "It would be held for a reset that is near.",
}
_OUTCOMES = {
    "served": "answered",
    "rejected": "passed on what the back end said of the request itself",
    "limited": "was at its limit",
    "unauthorized": "was not signed in any more",
    "gone": "was called out of service",
    "failing": "failed",
    "challenged": "was turned away by the network",
    "foreign": "could not read what another account had sealed",
    "unreachable": "could not be reached; nothing was sent",
    "unanswered": "took the request and did not answer",
    "client_gone": "was cut off, because the client left",
}


def choice(
    because: str, strategy: str, account: AccountId | None, label: Label, speech: Speech
) -> str:
    """The rule that chose the account, or the reason why none was.

    Args:
        because: the word of the record.
        strategy: the strategy that was asked; empty for none.
        account: whom it chose; None when nobody was.
        label: what an account is called.
        speech: the person's language.
    """
    name = "" if account is None else label(account)
    if because in list(RefuseReason):
        return speech.say(_REFUSALS[RefuseReason(because)])
    if because in list(WaitReason):
        return speech.say(_WAITS[WaitReason(because)])
    return _chosen(because, _STRATEGIES.get(strategy), name, speech)


def foreseen(decision: Decision, label: Label, now: datetime, speech: Speech) -> str:
    """What would decide about a request that has not come; `label`: what an account is called."""
    match decision:
        case Use():
            known = _STRATEGIES_NOW.get(decision.strategy)
            return _chosen(decision.reason, known, label(decision.account), speech)
        case Wait():
            return speech.say(_WAITS_NOW[decision.reason])
        case Refuse():
            return refusal_sentences(
                decision, label=label, at=lambda when: speech.clock(when, now), say=speech.say
            ).message
        case _:
            assert_never(decision)


def _chosen(because: str, by_strategy: str | None, name: str, speech: Speech) -> str:
    """The rule that chose; `by_strategy`: what is said where it was that strategy."""
    match because:
        case UseReason.OWNER:
            return speech.say("The chat lives on {label}.", label=name)
        case UseReason.PREFERRED:
            return speech.say("You prefer {label}.", label=name)
        case UseReason.STAY:
            return speech.say("You stay on {label}.", label=name)
        case UseReason.PINNED:
            return speech.say("You keep the chat on {label}.", label=name)
        case UseReason.STRATEGY if by_strategy is not None:
            return speech.say(by_strategy, label=name)
        case UseReason.STRATEGY:
            return speech.say("The strategy named {label}.", label=name)
        case _:
            return speech.say("Nothing was chosen.")


def kept_to(verdict: Verdict, label: Label, speech: Speech) -> str:
    """Why the one account that the user kept to could not serve."""
    return speech.say(
        "You kept to {label}. {because}",
        label=label(verdict.account),
        because=state_sentence(verdict, speech),
    )


def move(moved_from: AccountId, verdict: Verdict | None, label: Label, speech: Speech) -> str:
    """Why the thread left its account; `verdict`: that account's."""
    name = label(moved_from)
    if verdict is None or verdict.because is Because.READY:
        return speech.say("The chat lived on {label} before.", label=name)
    return speech.say(
        "The chat lived on {label} before. {because}",
        label=name,
        because=state_sentence(verdict, speech),
    )


def attempt(account: AccountId, outcome: str, label: Label, speech: Speech) -> str:
    """What became of asking one account."""
    known = _OUTCOMES.get(outcome)
    if known is None:
        return speech.say("{label}: {outcome}.", label=label(account), outcome=outcome)
    told = speech.say(known)
    return speech.say("{label} {told}.", label=label(account), told=told)


def verdict_sentence(verdict: Verdict, now: datetime, speech: Speech) -> str:
    """One account's verdict, with its end where it has one."""
    text = state_sentence(verdict, speech)
    if verdict.until is None:
        return text
    return speech.say("{text} Until {time}.", text=text, time=speech.clock(verdict.until, now))
