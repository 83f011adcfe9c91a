"""What the proxy is handed by the application: values and callables, no part of it."""

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import AccountId
from core.domain.decision import Decision
from core.domain.facts import Facts
from core.domain.observed import Lesson
from core.domain.rules import PoolId
from core.domain.settings import Settings
from core.domain.usage import RequestRecord
from core.proxy.answers import Speech
from core.proxy.places import Places
from core.runtime.clock import Clock


def _nobody_counts(
    request: str, facts: Facts, account: AccountId | None, pool: PoolId | None
) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What the relay is handed by the application.

    Attributes:
        choose: who serves, given the facts and who was tried already.
        learn: takes a lesson; it counts before the next `choose`.
        record: takes the row of an ended request.
        settings: the settings in force.
        clock: the time.
        speech: what accounts and times are called in our own answers.
        new_request_id: `req_…`.
        places: finds the project of a request.
        sent: told that a request is being sent, in the turn of the loop in which that was decided:
            its id, its facts, on whom, for which pool. On nobody: not, or not yet again.
    """

    choose: Callable[[Facts, frozenset[AccountId]], Decision]
    learn: Callable[[Lesson], None]
    record: Callable[[RequestRecord], None]
    settings: Callable[[], Settings]
    clock: Clock
    speech: Speech
    new_request_id: Callable[[], str]
    places: Places
    sent: Callable[[str, Facts, AccountId | None, PoolId | None], None] = _nobody_counts
