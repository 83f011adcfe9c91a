"""The façade over the control endpoint: for a command line or a tray beside a running owner."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from core.control import transport, wire
from core.control.codec import from_json
from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode
from core.domain.events import ShowRequested
from core.domain.report import StatusReport


class RemoteFacade:
    """Reaches the owner of a data folder; a connection a call, so that nothing is left open."""

    def __init__(self, address: Path) -> None:
        """`address` is the data folder's control socket."""
        self._address = address

    async def answers(self) -> bool:
        """Whether an owner listens."""
        connection = await transport.connect(self._address)
        if connection is None:
            return False
        connection[1].close()
        return True

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Have the owner perform a verb.

        Raises:
            CoreError: the owner's own, or `owner_not_running`.
        """
        answer = await self._ask({"verb": verb, "arguments": dict(arguments)})
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    async def status(self) -> StatusReport:
        """The owner's snapshot."""
        answer = await self._ask({"status": True})
        return from_json(StatusReport, answer.get("status"))

    async def watch(self) -> AsyncIterator[StatusReport | ShowRequested]:
        """The owner's snapshots until it ends."""
        reader, writer = await self._connect()
        try:
            await wire.send(writer, {"watch": True})
            while (message := await wire.receive(reader)) is not None:
                if "show" in message:
                    yield ShowRequested()
                else:
                    yield from_json(StatusReport, message.get("status"))
        except OSError:
            return  # the owner's end of the connection broke: it has ended
        finally:
            writer.close()

    async def _ask(self, message: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        reader, writer = await self._connect()
        try:
            await wire.send(writer, message)
            answer = await wire.receive(reader)
        except OSError as error:
            raise _ended() from error
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if answer is None:
            raise _ended()
        if "error" in answer:
            raise wire.error_from_json(answer["error"])
        return answer

    async def _connect(self) -> transport.Connection:
        connection = await transport.connect(self._address)
        if connection is None:
            raise CoreError(
                "owner_not_running",
                "Turntable is not running.",
                "Start it with `turntable`, or `turntable serve` without a desktop.",
                exit_code=ExitCode.OWNER_NOT_RUNNING,
            )
        return connection


def _ended() -> CoreError:
    return CoreError(
        "owner_ended",
        "Turntable ended before it answered.",
        "`turntable status` says how things stand.",
        exit_code=ExitCode.OWNER_NOT_RUNNING,
    )
