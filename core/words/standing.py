"""Why an account stands as it does, and how the pool stands, in sentences a person would say."""

from datetime import datetime

from core.domain.decision import Because, Verdict
from core.words.quota import percent
from core.words.speech import Speech

_BECAUSE = {
    Because.READY: "Ready.",
    Because.DISABLED_BY_USER: "Disabled by you.",
    Because.PAUSED_BY_USER: "Paused by you.",
    Because.SIGN_IN_ENDED: "Its sign-in is not taken any more; sign in again.",
    Because.SIGNED_OUT: "You signed out of it.",
    Because.TOKEN_EXPIRED: (
        "Its access token has run out; it is read again as soon as Codex has renewed its login."
    ),
    Because.TOKEN_REFUSED: (
        "The back end refuses its login, and it could not be renewed yet; it is tried again."
    ),
    Because.NOT_RENEWED: (
        "Its access token has run out and could not be renewed so far: the network, or the issuer, "
        "does not answer. It is tried again by itself."
    ),
    Because.IN_DOUBT: (
        "Turntable was cut off while it renewed this login. It serves as long as its access token "
        "lives; then one more attempt is made."
    ),
    Because.RESTORED: (
        "It came from a backup, and another copy of its login may be in use. It serves as long as "
        "its access token lives; then sign in again."
    ),
    Because.USAGE_LIMIT: "Its usage limit is reached.",
    Because.MODEL_LIMIT: "Its limit for this model is reached.",
    Because.RATE_LIMIT: "The back end asks it to slow down.",
    Because.NOT_INCLUDED: "Its plan does not include Codex.",
    Because.QUOTA: "Its quota is used up.",
    Because.FAILING: "The back end failed for it; it is tried again shortly.",
    Because.GONE_ONCE: (
        "The back end said once that its workspace is out of service; it is asked again."
    ),
    Because.GONE: "The back end says that its workspace is out of service.",
    Because.SKIPPED: "You pass it by until then.",
    Because.DRAINING: "It finishes its chats and gets no new one, as you chose.",
    Because.RESERVED: "What is left is kept in reserve.",
    Because.BUDGET: "The budget that you gave it is used up.",
    Because.BUDGET_OF_WORK: "The budget of this work is used up, whoever serves it.",
    Because.ALREADY_TRIED: "It was asked before for this request.",
    Because.NOT_THE_STAYED_ONE: "You keep to another account.",
    Because.NOT_THE_PINNED_ONE: "You keep this chat on another account.",
    Because.EXCLUDED_BY_RULE: "The rule keeps this work to other accounts.",
    Because.NOT_IN_POOL: "It is not in the pool that the caller’s token names.",
}


def because(verdict: Verdict, speech: Speech) -> str:
    """The reason of a verdict, as a sentence."""
    return speech.say(_BECAUSE[verdict.because])


def pool_without_accounts(speech: Speech) -> str:
    """How a pool stands that has no account."""
    return speech.say("No account yet.")


def pool_empty(label: str | None, until: datetime | None, now: datetime, speech: Speech) -> str:
    """Nobody may serve: until when, where somebody will by the clock alone."""
    if label is None or until is None:
        return speech.say("No account can serve.")
    return speech.say(
        "Nothing left until {time} ({label}).", time=speech.clock(until, now), label=label
    )


def pool_collecting(speech: Speech) -> str:
    """Somebody may serve, nobody has said how much is left."""
    return speech.say("Collecting.")


def pool_tight(label: str, remaining: float, speech: Speech) -> str:
    """What is left of the best account is little."""
    return speech.say(
        "Tight: {label} has {percent} left.", label=label, percent=percent(remaining, speech)
    )


def pool_enough(label: str, remaining: float, speech: Speech) -> str:
    """At least one account has plenty."""
    return speech.say(
        "Enough: {label} has {percent} left.", label=label, percent=percent(remaining, speech)
    )


def network_challenges(until: datetime, now: datetime, speech: Speech) -> str:
    """Nobody's fault but the network's; VPN and proxy settings are the usual reason."""
    return speech.say(
        "The network in front of the back end turns requests away; no account is at fault. They go "
        "on at {time}; if it stays so, check VPN and proxy settings.",
        time=speech.clock(until, now),
    )


def chat_waits(thread: str, label: str, until: datetime, now: datetime, speech: Speech) -> str:
    """A chat waits for its account; the user may let it move."""
    return speech.say(
        "Chat {thread} waits for {label}, which is back at {time}; "
        "`turntable thread move {thread}` lets it go on with another account.",
        thread=thread[:13],
        label=label,
        time=speech.clock(until, now),
    )
