"""What an attempt teaches about its account (pure).

Only a turn says something about limits and health: a catalogue that was served is no proof that a
turn would be, and a search that fails does not bench the account. A login that is not taken and a
workspace that is gone count whatever was asked.
"""

import re
from datetime import datetime
from typing import get_args

from core.domain.account import AccountId
from core.domain.facts import Facts, RequestKind
from core.domain.observed import Lesson, learn_outcome
from core.domain.outcome import Gone, Outcome, Unauthorized

NO_TOKEN = "no_token"
"""`Unauthorized.code` when there was no token to send: whoever said so has learned why."""


def lesson_of(
    account: AccountId, outcome: Outcome, facts: Facts, *, sent_at: datetime, now: datetime
) -> Lesson | None:
    """The lesson of one attempt; None when it teaches nothing."""
    match outcome:
        case Unauthorized(code=code) if code == NO_TOKEN:
            return None
        case Unauthorized() | Gone():
            return learn_outcome(account, outcome, model=facts.model, now=now, sent_at=sent_at)
        case _ if facts.kind is RequestKind.RESPONSES:
            return learn_outcome(account, outcome, model=facts.model, now=now, sent_at=sent_at)
        case _:
            return None


def word_of(outcome: Outcome) -> str:
    """The outcome's name as the ledger keeps it: `served`, `client_gone` and so on."""
    return _WORDS[type(outcome)]


_WORDS: dict[type, str] = {
    kind: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    for kind in get_args(Outcome.__value__)
}
