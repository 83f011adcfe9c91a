"""Keeps what is known of limits fresh: asks the usage endpoint for what traffic did not tell.

It never sends a prompt. Questions are spaced, so that many accounts do not march in step, and a
refusal of the endpoint makes it back off by itself without any account being at fault.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.errors import CoreError
from core.domain.health import BlockSource
from core.domain.observed import learn_outcome, learn_usage
from core.domain.outcome import Gone
from core.domain.reset_credit import learn_credits
from core.domain.sentence import Sentence
from core.domain.settings import Settings
from core.quota import schedule
from core.quota.login import Login
from core.quota.reset_credits import Listed, list_credits
from core.quota.schedule import BackOff, interval, next_question
from core.quota.usage_endpoint import (
    Answer,
    NoAnswer,
    NotTaken,
    OutOfService,
    Told,
    TurnedAway,
    ask,
)
from core.runtime.clock import Clock
from core.storage.store import Store

if TYPE_CHECKING:
    import httpx

NOTHING_DUE_S = 600.0
"""How long it sleeps when there is nobody to ask about."""
REFRESH_SPACING_S = 0.2
"""Seconds between two questions that a person waits for."""
CREDITS_EVERY = timedelta(hours=6)
"""How often it is looked when an account's reset credits expire."""
JITTER = 0.2
"""Pauses are up to this part longer, so that two machines do not march in step."""

_log = logging.getLogger(__name__)


class Monitor:
    """One for each data folder. `run` is its owner's task; `refresh` is a person's wish."""

    def __init__(
        self,
        *,
        store: Store,
        login: Login,
        connect: Callable[[], "httpx.AsyncClient"],
        base_url: Callable[[], str | None],
        settings: Callable[[], Settings],
        clock: Clock,
        draw: Callable[[], float],
        on_battery: Callable[[], bool],
    ) -> None:
        """Asks nothing yet.

        Args:
            store: whose accounts, and where it is written down.
            login: tokens.
            connect: makes a client; called in a thread, because that takes a while.
            base_url: where tokens may go now; None while the address is not allowed.
            settings: `quota.*` as it counts now.
            clock: the time.
            draw: a number from 0 up to 1, for pauses.
            on_battery: whether the machine runs on its battery; called in a thread.
        """
        self._store = store
        self._login = login
        self._connect = connect
        self._base_url = base_url
        self._settings = settings
        self._clock = clock
        self._draw = draw
        self._on_battery = on_battery
        self._asked: dict[AccountId, datetime] = {}
        self._credits_asked: dict[AccountId, datetime] = {}
        self._back_off: BackOff | None = None
        self._looked_at = clock.now()
        self._client: httpx.AsyncClient | None = None
        self._one = asyncio.Lock()
        self._woken = asyncio.Event()

    def looked(self) -> None:
        """Somebody looks, or works: numbers are kept fresher from now on."""
        self._looked_at = self._clock.now()
        self._woken.set()

    def wake(self) -> None:
        """The accounts have changed: see at once whether somebody is to be asked about."""
        self._woken.set()

    async def run(self) -> None:
        """Ask whenever it is time; for ever."""
        while True:
            self._woken.clear()
            pause_s = await self.turn()
            try:
                async with asyncio.timeout(pause_s * (1 + JITTER * self._draw())):
                    await self._woken.wait()
                # Whoever wakes us often does not make us ask more often.
                await asyncio.sleep(schedule.SPACING.total_seconds())
            except TimeoutError:
                continue

    async def turn(self) -> float:
        """Ask about one account if it is time; seconds until it is time again."""
        now = self._clock.now()
        if self._back_off is not None and self._back_off.counts(now):
            return (self._back_off.until - now).total_seconds()
        due = self._next(now, on_battery=await asyncio.to_thread(self._on_battery))
        if due is None:
            return NOTHING_DUE_S
        at, account = due
        if at > now:
            # A wall clock may jump: never sleep longer than this on its word.
            return min((at - now).total_seconds(), NOTHING_DUE_S)
        await self._ask(account)
        return schedule.SPACING.total_seconds()

    async def refresh(self, accounts: Sequence[AccountId]) -> Mapping[AccountId, Answer]:
        """Ask about these now, spaced, whatever the schedule and the back-off say."""
        self.looked()
        answers: dict[AccountId, Answer] = {}
        for account in accounts:
            if answers:
                await asyncio.sleep(REFRESH_SPACING_S)
            answers[account] = await self._ask(account)
            if isinstance(answers[account], TurnedAway):
                break  # the others would be turned away too
        return answers

    async def close(self) -> None:
        """Let go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _next(self, now: datetime, *, on_battery: bool) -> tuple[datetime, AccountId] | None:
        quota = self._settings().quota
        every = interval(
            idle=max(now - self._last_sign_of_life(), timedelta(0)),
            least=timedelta(seconds=quota.refresh_min_s),
            most=timedelta(seconds=quota.refresh_max_s),
            on_battery=on_battery,
        )
        return next_question(
            self._store.state, self._store.observed, asked=self._asked, every=every, now=now
        )

    def _last_sign_of_life(self) -> datetime:
        return max([self._looked_at, *self._store.observed.last_used.values()])

    async def _ask(self, account: AccountId) -> Answer:
        async with self._one:
            answer = await self._answer(account)
            self._asked[account] = self._clock.now()
            self._learn(account, answer)
            if isinstance(answer, Told) and answer.quota.reset_credits:
                await self._look_at_credits(account)
            return answer

    async def _look_at_credits(self, account: AccountId) -> None:
        """When they expire changes rarely: asked for now and then, and where there are some."""
        now, asked = self._clock.now(), self._credits_asked.get(account)
        base_url = self._base_url()
        if base_url is None or (asked is not None and asked <= now < asked + CREDITS_EVERY):
            return
        self._credits_asked[account] = now
        try:
            grant = await self._login.authorise(account)
        except CoreError:
            return  # the question about its limits has said so
        if grant is None or self._client is None:
            return
        answer = await list_credits(self._client, base_url, grant)
        if isinstance(answer, Listed):
            self._store.learn(learn_credits(account, answer.credits, now=now))

    async def _answer(self, account: AccountId) -> Answer:
        base_url = self._base_url()
        if base_url is None:
            return NoAnswer(detail=Sentence("upstream.base_url is not allowed"))
        try:
            grant = await self._login.authorise(account)
            if grant is None:
                return NotTaken()
            answer = await self._once(base_url, grant)
            if isinstance(answer, NotTaken) and await self._login.renew(account, grant):
                grant = await self._login.authorise(account)
                answer = await self._once(base_url, grant) if grant is not None else NotTaken()
        except CoreError as error:
            return NoAnswer(detail=error.code)
        return answer

    async def _once(self, base_url: str, grant: Grant) -> Answer:
        if self._client is None:
            # Its certificates take tens of milliseconds to read: not on the loop.
            self._client = await asyncio.to_thread(self._connect)
        return await ask(self._client, base_url, grant, now=self._clock.now())

    def _learn(self, account: AccountId, answer: Answer) -> None:
        now = self._clock.now()
        match answer:
            case Told(quota=quota, unread=unread):
                self._back_off = None
                if unread:
                    _log.debug("the usage of %s says what cannot be: %s", account, unread)
                self._store.learn(learn_usage(account, quota, now=now))
            case OutOfService(status=status, code=code):
                gone = Gone(status=status, code=code)
                source = BlockSource.USAGE
                self._store.learn(learn_outcome(account, gone, model="", now=now, source=source))
            case TurnedAway(retry_after_s=waits):
                self._back_off = schedule.turned_away(self._back_off, retry_after_s=waits, now=now)
                _log.info("usage is asked for again at %s", self._back_off.until)
            case NoAnswer(detail=detail):
                _log.debug("no usage of %s: %s", account, detail)
            case NotTaken():
                _log.debug("no usage of %s: its token is not taken", account)
            case _:
                assert_never(answer)
