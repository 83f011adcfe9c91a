"""How an account stands, in a few words: one table for the tray and the command line."""

from datetime import datetime

from core.domain.decision import AccountState, Because
from core.words.speech import Speech

_STATES = {
    AccountState.DISABLED: "disabled",
    AccountState.NEEDS_SIGN_IN: "needs a new sign-in",
    AccountState.UNVERIFIED: "not verified",
    AccountState.OUT_OF_SERVICE: "out of service",
    AccountState.PAUSED: "paused",
    AccountState.DRAINING: "no new chats",
    AccountState.WAITING: "waiting for its reset",
    AccountState.FAILING: "failing, tried again shortly",
    AccountState.READY: "ready",
}


def state_words(
    state: str, until: datetime | None, now: datetime, speech: Speech, *, reason: str = ""
) -> str:
    """The state in a few words, with the time when it ends by the clock.

    Args:
        state: an `AccountState`; another one, of a newer engine, is given back as it is.
        until: when it ends by itself; None when it does not, or nobody knows.
        now: aware UTC.
        speech: the person's language and clock.
        reason: a `Because`; a wait for something else than a reset is called by its name.
    """
    if state == AccountState.WAITING and until is not None:
        time = speech.clock(until, now)
        if reason == Because.BUDGET:
            return speech.say("budget used up until {time}", time=time)
        return speech.say("waiting until {time}", time=time)
    if state not in list(AccountState):
        return state
    return speech.say(_STATES[AccountState(state)])
