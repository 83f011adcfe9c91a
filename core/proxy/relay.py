"""Takes the requests that the gate admitted, and writes a row for each, whatever happens."""

from collections.abc import Callable

from core.domain.facts import Facts
from core.proxy import v1
from core.proxy.attempt import Attempts
from core.proxy.facts import facts_of
from core.proxy.holds import Holds
from core.proxy.limits_seen import LimitsSeen
from core.proxy.listener import Buffered
from core.proxy.messages import Request
from core.proxy.passing import Passing
from core.proxy.reply import Reply
from core.proxy.routes import Passage
from core.proxy.seams import Seams
from core.proxy.traffic import Traffic
from core.proxy.v1_answers import OPEN
from core.proxy.voice import CODEX, Tongue, Voice
from core.proxy.websocket_handshake import Detour, Handshakes

__all__ = ["Relay", "Seams"]


class Relay:
    """Serves the requests that the gate admitted."""

    def __init__(
        self,
        *,
        attempts: Attempts,
        seams: Seams,
        traffic: Traffic,
        buffered: Buffered,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """`buffered`: what all bodies and messages hold; `random_bytes`: for masks."""
        self._attempts = attempts
        self._seams = seams
        self._traffic = traffic
        self._holds = Holds(seams.clock)
        self._limits = LimitsSeen()
        self._handshakes = Handshakes(
            attempts=attempts,
            seams=seams,
            traffic=traffic,
            limits=self._limits,
            buffered=buffered,
            detour=Detour(seams.clock),
            random_bytes=random_bytes,
        )

    async def serve(self, passage: Passage, request: Request, reply: Reply) -> None:
        """Answer `request`, whatever happens, and write its row (its rows, on a WebSocket)."""
        if passage.websocket:
            await self._handshakes.serve(passage, request, reply)
            return
        path = passage.path
        if (tool := passage.tool) is None:
            facts = facts_of(request, passage.kind, only=passage.only)
            await self._pass(path, request, facts, reply, CODEX)
            return

        async def go(made: Request, facts: Facts, voice: Voice) -> None:
            await self._pass(path, made, facts, voice, OPEN)

        await v1.serve(tool.form, tool.client, request, reply, go, say=self._seams.speech.say)

    async def _pass(
        self, path: bytes, request: Request, facts: Facts, voice: Voice, tongue: Tongue
    ) -> None:
        passing = Passing(
            attempts=self._attempts,
            seams=self._seams,
            traffic=self._traffic,
            holds=self._holds,
            limits=self._limits,
            path=path,
            request=request,
            facts=facts,
            voice=voice,
            tongue=tongue,
        )
        self._traffic.requests += 1
        try:
            await passing.run()
        finally:
            self._traffic.requests -= 1
            self._seams.record(passing.row())
