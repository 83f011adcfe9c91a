"""The control endpoint's other half: serves a façade to whoever may read the data folder."""

import asyncio
import contextlib
import logging
from pathlib import Path

from core.control import transport, wire
from core.control.codec import to_json
from core.control.facade import Facade, JsonValue
from core.domain.errors import CoreError
from core.domain.events import ShowRequested

_log = logging.getLogger(__name__)


class Endpoint:
    """Listens at the data folder's control address from `start` to `close`."""

    def __init__(self, address: Path, facade: Facade) -> None:
        """`facade` is what the calls are performed on."""
        self._address = address
        self._facade = facade
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen. The caller holds the owner lock."""
        self._server = await transport.listen(self._address, self._serve)

    async def close(self) -> None:
        """Stop listening and end every connection, watches included."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._open):
            writer.close()
        await self._server.wait_closed()
        self._server = None
        self._address.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while (message := await wire.receive(reader)) is not None:
                if message.get("watch") is True:
                    await self._watch(reader, writer)
                    return
                await wire.send(writer, await self._answer(message))
        except (OSError, ValueError) as error:
            _log.debug("a control connection ended: %s", type(error).__name__)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, message: dict[str, JsonValue]) -> dict[str, JsonValue]:
        try:
            if message.get("status") is True:
                return {"status": to_json(await self._facade.status())}
            verb, arguments = message.get("verb"), message.get("arguments")
            if not isinstance(verb, str) or not isinstance(arguments, dict):
                raise CoreError("usage", "The call names no verb.")
            return {"result": await self._facade.perform(verb, arguments)}
        except CoreError as error:
            return {"error": wire.error_to_json(error)}

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send snapshots until the other end leaves or the engine ends."""

        async def follow() -> None:
            async for seen in self._facade.watch():
                shown: dict[str, JsonValue] = (
                    {"show": True} if isinstance(seen, ShowRequested) else {"status": to_json(seen)}
                )
                await wire.send(writer, shown)

        async with asyncio.TaskGroup() as group:
            following = group.create_task(follow(), name="control: watch")
            following.add_done_callback(lambda _: writer.close())
            with contextlib.suppress(OSError):
                await reader.read()  # nothing more is asked: this ends when the other end leaves
            following.cancel()
