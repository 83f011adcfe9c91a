"""Takes the requests that the gate admitted, and writes a row for each, whatever happens."""

from core.proxy.attempt import Attempts
from core.proxy.holds import Holds
from core.proxy.limits_seen import LimitsSeen
from core.proxy.messages import Request
from core.proxy.passing import Passing
from core.proxy.reply import Reply
from core.proxy.routes import Passage
from core.proxy.seams import Seams
from core.proxy.traffic import Traffic

__all__ = ["Relay", "Seams"]


class Relay:
    """Serves the requests that the gate admitted."""

    def __init__(self, *, attempts: Attempts, seams: Seams, traffic: Traffic) -> None:
        self._attempts = attempts
        self._seams = seams
        self._traffic = traffic
        self._holds = Holds(seams.clock)
        self._limits = LimitsSeen()

    async def serve(self, passage: Passage, request: Request, reply: Reply) -> None:
        """Answer `request`, whatever happens, and write its row."""
        passing = Passing(
            attempts=self._attempts,
            seams=self._seams,
            traffic=self._traffic,
            holds=self._holds,
            limits=self._limits,
            passage=passage,
            request=request,
            reply=reply,
        )
        self._traffic.requests += 1
        try:
            await passing.run()
        finally:
            self._traffic.requests -= 1
            self._seams.record(passing.row())
