"""What an answer tells while it passes: tokens, limits, a failure. The client is served first."""

import logging
from collections.abc import Callable

from core.domain.account import AccountId
from core.domain.facts import Facts
from core.domain.observed import Lesson, learn_outcome, learn_quota
from core.domain.outcome import Failing, Limited
from core.domain.usage import Tokens
from core.proxy.classify import of_first_event
from core.proxy.sse import Tap, Tapped
from core.quota.parse import quota_from_event
from core.quota.unread import unread_in_document
from core.runtime.clock import Clock

_log = logging.getLogger(__name__)


class Overheard:
    """Listens to one answer.

    Attributes:
        tokens: as the back end counted them; None until it says so.
        failed: whether the answer says of itself that it failed.
    """

    def __init__(
        self,
        *,
        account: AccountId,
        facts: Facts,
        learn: Callable[[Lesson], None],
        clock: Clock,
    ) -> None:
        self._account = account
        self._facts = facts
        self._learn = learn
        self._clock = clock
        self._tap = Tap()
        self.tokens: Tokens | None = None
        self.failed = False

    def hear(self, data: bytes) -> None:
        """What these bytes tell, once they were passed on."""
        for tapped in self._tap.feed(data):
            self.learn_from(tapped)

    def learn_from(self, tapped: Tapped) -> None:
        """What one event told."""
        if tapped.tokens is not None:
            self.tokens = tapped.tokens
        if tapped.rate_limits is not None:
            now = self._clock.now()
            quota = quota_from_event(tapped.rate_limits, now=now)
            if unread := unread_in_document(tapped.rate_limits, now=now):
                _log.debug("an event for %s says what cannot be: %s", self._account, unread)
            if quota is not None:
                self._learn(learn_quota(self._account, quota))
        if tapped.failure is not None:
            self.failed = True
            model, now = self._facts.model, self._clock.now()
            outcome = of_first_event(tapped.failure, model=model, now=now)
            if isinstance(outcome, Limited | Failing):
                self._learn(learn_outcome(self._account, outcome, model=model, now=now))
