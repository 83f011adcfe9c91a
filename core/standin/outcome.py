"""What is decided about one request: answer, timing, and whether the request erred."""

from typing import NamedTuple

from core.standin import replies
from core.standin.acts import Answer
from core.standin.replies import Reply
from core.standin.script import Effects


class Outcome(NamedTuple):
    """How one request is answered.

    Attributes:
        answer: what is sent.
        effects: when it is sent, and whether all of it is.
        violation: what the request did that no client may do, as a sentence.
    """

    answer: Answer
    effects: Effects = ()
    violation: str | None = None


def violated(sentence: str) -> Outcome:
    """400 with the sentence, and on the record."""
    return Outcome(replies.error(400, sentence), violation=sentence)


def scripted(effects: Effects) -> Outcome | None:
    """The reply that a script puts in place of the real answer, if it does."""
    reply = next((one for one in effects if isinstance(one, Reply)), None)
    return None if reply is None else Outcome(reply, effects)
