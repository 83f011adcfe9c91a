"""Takes the requests that the gate admitted, and writes a row for each, whatever happens."""

from collections.abc import Callable

from core.domain.facts import Facts, RequestKind
from core.proxy import v1
from core.proxy.attempt import Attempts
from core.proxy.buffered import Buffered
from core.proxy.course import Course, Means
from core.proxy.facts import facts_of
from core.proxy.holds import Holds
from core.proxy.limits_seen import LimitsSeen
from core.proxy.messages import Request
from core.proxy.ongoing import Ongoing, Start
from core.proxy.passing import Passing
from core.proxy.reply import Reply
from core.proxy.routes import Passage, ToolAsks
from core.proxy.seams import Seams
from core.proxy.straight import Straight
from core.proxy.traffic import Traffic
from core.proxy.v1_answers import OPEN
from core.proxy.voice import CODEX, Voice
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
        self._means = means = Means(
            attempts=attempts,
            seams=seams,
            traffic=traffic,
            holds=Holds(seams.clock),
            limits=LimitsSeen(),
        )
        self._say = seams.speech.say
        self._handshakes = Handshakes(
            attempts=attempts,
            seams=seams,
            traffic=traffic,
            limits=means.limits,
            buffered=buffered,
            detour=Detour(seams.clock),
            random_bytes=random_bytes,
        )

    def serve(self, passage: Passage, request: Request, reply: Reply, start: Start) -> Ongoing:
        """Answer `request`, whatever happens, and write its row (its rows, on a WebSocket).

        `start` runs what takes more than callbacks; whom to tell when the client is gone.
        """
        if passage.websocket:
            return start(self._handshakes.serve(passage, request, reply))
        path = passage.path
        if (tool := passage.tool) is not None:
            return start(self._translated(tool, passage.kind, path, request, reply))
        facts = facts_of(request, passage.kind, only=passage.only)
        placed = self._means.seams.places.at_once(facts, request)
        if placed is None:
            return start(self._placed(path, request, facts, reply))
        course = Course(
            self._means, path=path, request=request, facts=placed, reply=reply, tongue=CODEX
        )

        def by_steps(course: Course) -> Ongoing:
            return start(Passing(course, self._means).run())

        return Straight(course, self._means.attempts, by_steps).begin()

    async def _placed(self, path: bytes, request: Request, facts: Facts, reply: Reply) -> None:
        """A request whose folder or model has to be looked for first."""
        placed = await self._means.seams.places.found(facts, request)
        course = Course(
            self._means, path=path, request=request, facts=placed, reply=reply, tongue=CODEX
        )
        await Passing(course, self._means).run()

    async def _translated(
        self, tool: ToolAsks, kind: RequestKind, path: bytes, request: Request, reply: Reply
    ) -> None:
        async def go(made: Request, facts: Facts, voice: Voice) -> None:
            facts = await self._means.seams.places.with_model(facts, made)
            course = Course(
                self._means, path=path, request=made, facts=facts, reply=voice, tongue=OPEN
            )
            await Passing(course, self._means).run()

        await v1.serve((tool.form, kind), tool.client, request, reply, go, say=self._say)
