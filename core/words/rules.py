"""Rules, and what they did to one request, in words a person would say."""

from collections.abc import Sequence

from core.domain.rules import Otherwise, Rule, RuleNumber
from core.words.speech import Speech


def rule_words(
    rule: Rule, *, pool: str | None, accounts: Sequence[str], speech: Speech
) -> tuple[str, str]:
    """What a rule fits, and what counts then.

    Args:
        rule: which.
        pool: what its pool is called; None: it names none.
        accounts: what the accounts are called that it names.
        speech: the person's language.
    """
    say = speech.say
    fits = []
    if rule.folder:
        fits.append(say("folder {folder}", folder=rule.folder))
    if rule.model:
        fits.append(say("model {model}", model=rule.model))
    if rule.client:
        fits.append(say("client {client}", client=rule.client))
    counts = [] if pool is None else [say("pool {pool}", pool=pool)]
    if rule.accounts:
        counts.append(say("accounts {labels}", labels=", ".join(accounts) or "–"))
    if rule.models:
        counts.append(say("models {models}", models=", ".join(rule.models)))
    return ", ".join(fits), ", ".join(counts) or say("any account")


def unknown_words(otherwise: Otherwise, pool: str | None, speech: Speech) -> str:
    """What counts in folders that no rule covers."""
    if otherwise is Otherwise.ANY:
        return speech.say("any account")
    if otherwise is Otherwise.POOL:
        return speech.say("pool {pool}", pool=pool or "–")
    return speech.say("refused")


def order_sentence(speech: Speech) -> str:
    """Which rule counts where several fit."""
    return speech.say(
        "Where several rules fit, the one with the deepest folder counts, then the most exact "
        "model, then the client, then the older rule."
    )


def counted(rule: RuleNumber | None, pool: str | None, speech: Speech) -> str:
    """Which rule counted for a request, and whose accounts might serve; empty for none.

    Args:
        rule: its number.
        pool: what the pool is called; None: nobody named one.
        speech: the person's language.
    """
    if rule is not None and pool is not None:
        return speech.say("Rule {n} counted: pool {pool}.", n=rule, pool=pool)
    if rule is not None:
        return speech.say("Rule {n} counted.", n=rule)
    if pool is not None:
        return speech.say("Only the pool {pool} might serve.", pool=pool)
    return ""


def unreadable_sentence(speech: Speech) -> str:
    """The stored rules are damaged."""
    return speech.say(
        "Your rules cannot be read, and nothing is served. `turntable rule clear` begins anew; "
        "`turntable import` takes those of an export."
    )


_PROFILES = {
    "balanced": "Use first what would expire unused; move a chat at once when it must.",
    "conservative": (
        "Keep chats where they are, wait for near resets, and leave something of every window."
    ),
    "aggressive": (
        "Use every window to its end, the one that resets soonest first, and never wait."
    ),
}


def profile_sentence(name: str, speech: Speech) -> str:
    """What a profile that came with the program is for; empty for one of the user's own."""
    known = _PROFILES.get(name)
    return "" if known is None else speech.say(known)
