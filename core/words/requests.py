"""A request in a list: how it ended and why it went where it went, in a few words each."""

from core.domain.decision import RefuseReason, UseReason, WaitReason
from core.domain.usage import Result
from core.words.speech import Speech

_RESULTS = {
    Result.SERVED: "served",
    Result.MOVED: "moved",
    Result.REFUSED: "refused",
    Result.FAILED: "failed",
    Result.CANCELLED: "cancelled",
}
_REASONS: dict[str, str] = {
    UseReason.OWNER: "its chat is there",
    UseReason.PREFERRED: "you prefer it",
    UseReason.STAY: "you stay on it",
    UseReason.PINNED: "you keep it there",
    RefuseReason.NO_ACCOUNT: "no account",
    RefuseReason.ALL_WAITING: "all are waiting",
    RefuseReason.OWNER_WAITS: "its chat waits",
    RefuseReason.PINNED: "you keep it there",
    RefuseReason.ALL_SIGNED_OUT: "all signed out",
    RefuseReason.ALL_OUT_OF_SERVICE: "out of service",
    RefuseReason.FORCED_ACCOUNT_UNAVAILABLE: "you stay on one",
    RefuseReason.PAUSED: "paused",
    RefuseReason.ALL_RESERVED: "kept in reserve",
    RefuseReason.BUDGET: "budget used up",
    RefuseReason.ALL_FAILING: "all are failing",
    RefuseReason.LOCKED: "logins locked",
    RefuseReason.TIME_BUDGET: "took too long",
    RefuseReason.RULE_FOLDER: "no rule for it",
    RefuseReason.RULE_NO_FOLDER: "unknown folder",
    RefuseReason.RULE_MODEL: "not this model",
    RefuseReason.RULE_ACCOUNTS: "your rules",
    RefuseReason.RULES_UNREADABLE: "rules unreadable",
    WaitReason.POOL_PAUSED: "held for a moment",
    WaitReason.CHALLENGED: "held for a moment",
    WaitReason.OWNER: "its chat waits",
    WaitReason.ASKED: "you were asked",
    WaitReason.NEAR_RESET: "held for a reset",
}


def result_word(result: str, speech: Speech) -> str:
    """How a request ended, in a word; one that is not known is given back as it is."""
    return speech.say(_RESULTS[Result(result)]) if result in list(Result) else result


def reason_words(because: str, strategy: str, speech: Speech) -> str:
    """The rule that chose the account, or why none was chosen.

    Args:
        because: the word of the record.
        strategy: the strategy that chose; empty for none.
        speech: the person's language.
    """
    if because == UseReason.STRATEGY:
        return strategy or speech.say("strategy")
    known = _REASONS.get(because)
    return because.replace("_", " ") if known is None else speech.say(known)
