"""The control endpoint's other half: serves a façade to whoever may read the data folder."""

import asyncio
import contextlib
import logging
from pathlib import Path

from core.control import transport, wire
from core.control.codec import to_json
from core.control.facade import Facade, JsonValue
from core.domain.errors import CoreError, ExitCode
from core.domain.events import ShowRequested
from core.domain.sentence import Sentence

GRACE_S = 0.2
"""How long a face may take to read what it was told, when the owner ends."""

_log = logging.getLogger(__name__)


class Endpoint:
    """Listens at the data folder's control address from `start` to `close`."""

    def __init__(self, address: Path, facade: Facade) -> None:
        """`facade` is what the calls are performed on."""
        self._address = address
        self._facade = facade
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> None:
        """Listen. The caller holds the owner lock.

        Raises:
            CoreError: `control_failed`: nothing can listen there.
        """
        try:
            self._server = await transport.listen(self._address, self._serve)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise CoreError(
                "control_failed",
                Sentence(
                    "Turntable cannot be reached at {address} ({why}); it was not started.",
                    address=self._address,
                    why=why,
                ),
                "Look at what lies there; nothing of yours should.",
            ) from error

    async def close(self) -> None:
        """Stop listening and end every connection: watches, and calls that are under way.

        The owner lock must still be held: after it another owner may listen at the same address.
        """
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self._address.unlink(missing_ok=True)
        for task in self._open.values():
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        left = tuple(self._open)
        try:
            async with asyncio.timeout(GRACE_S):
                await server.wait_closed()
        except TimeoutError:
            for writer in left:  # a face that does not read does not keep the owner
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        try:
            while self._server and (message := await wire.receive(reader)) is not None:
                if message.get("watch") is True:
                    await self._watch(reader, writer)
                    return
                await wire.send(writer, await self._answer(message))
        except (OSError, ValueError) as error:
            _log.debug("a control connection ended: %s", type(error).__name__)
        except asyncio.CancelledError:
            # `close` cut it off. Python 3.12's streams would report that as a fault of the task.
            if self._server is not None:
                raise
        finally:
            self._open.pop(writer, None)
            writer.close()

    async def _answer(self, message: dict[str, JsonValue]) -> dict[str, JsonValue]:
        try:
            if message.get("status") is True:
                return {"status": to_json(await self._facade.status())}
            verb, arguments = message.get("verb"), message.get("arguments")
            if not isinstance(verb, str) or not isinstance(arguments, dict):
                raise CoreError("usage", "The call names no verb.", exit_code=ExitCode.USAGE)
            return {"result": await self._facade.perform(verb, arguments)}
        except CoreError as error:
            return {"error": wire.error_to_json(error)}
        except Exception:
            _log.exception("a verb failed")
            return {"error": wire.error_to_json(_internal())}

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send snapshots until the other end leaves or the engine ends."""

        async def follow() -> None:
            with contextlib.suppress(OSError):  # the other end has left
                async for seen in self._facade.watch():
                    shown: dict[str, JsonValue] = (
                        {"show": seen.surface.value}
                        if isinstance(seen, ShowRequested)
                        else {"status": to_json(seen)}
                    )
                    await wire.send(writer, shown)

        async with asyncio.TaskGroup() as group:
            following = group.create_task(follow(), name="control: watch")
            following.add_done_callback(lambda _: writer.close())
            with contextlib.suppress(OSError):
                while await reader.read(1024):
                    pass  # nothing more is asked: this ends when the other end leaves
            following.cancel()


def _internal() -> CoreError:
    return CoreError(
        "internal",
        "Something went wrong inside the running Turntable.",
        "Its log says what: log/turntable.log in the data folder.",
    )
