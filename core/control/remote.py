"""The façade over the control endpoint: for a command line or a tray beside a running owner."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.control import transport, wire
from core.control.codec import from_json
from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

if TYPE_CHECKING:
    from core.domain.events import ShowRequested
    from core.domain.report import StatusReport

LONGEST_ANSWER_S = 120.0
"""Seconds that a verb may take: `import` and `bind` ask others, who have timeouts of their own."""


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
            CoreError: the owner's own, `owner_not_running`, `owner_ended` before it answered,
                `owner_silent`, or `other_version`.
        """
        answer = await self._ask({"verb": verb, "arguments": dict(arguments)})
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    async def status(self) -> "StatusReport":
        """The owner's snapshot.

        Raises:
            CoreError: as `perform`.
        """
        return _snapshot(await self._ask({"status": True}))

    async def watch(self) -> "AsyncGenerator[StatusReport | ShowRequested, None]":
        """The owner's snapshots until it ends.

        Raises:
            CoreError: `owner_not_running`, or `other_version`.
        """
        reader, writer = await self._connect()
        try:
            await wire.send(writer, {"watch": True})
            while (message := await wire.receive(reader)) is not None:
                yield _wish(message) if "show" in message else _snapshot(message)
        except OSError:
            return  # the owner's end of the connection broke: it has ended
        except ValueError as error:
            raise _other_version() from error
        finally:
            writer.close()

    async def _ask(self, message: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        reader, writer = await self._connect()
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):
                await wire.send(writer, message)
                answer = await wire.receive(reader)
        except TimeoutError as error:
            raise _silent() from error
        except OSError as error:
            raise _ended() from error
        except ValueError as error:
            raise _other_version() from error
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


def _wish(message: Mapping[str, JsonValue]) -> "ShowRequested":
    """What is asked for; a word that we do not know (another version's) is the window."""
    from core.domain.events import ShowRequested, Surface

    panel = message["show"] == Surface.PANEL
    return ShowRequested(surface=Surface.PANEL if panel else Surface.WINDOW)


def _snapshot(message: Mapping[str, JsonValue]) -> "StatusReport":
    from core.domain.report import StatusReport

    try:
        return from_json(StatusReport, message.get("status"))
    except ValueError as error:
        raise _other_version() from error


def _silent() -> CoreError:
    return CoreError(
        "owner_silent",
        Sentence(
            "Turntable runs, but has not answered for {seconds:.0f} s.", seconds=LONGEST_ANSWER_S
        ),
        "It may have been suspended; `turntable status` says how things stand.",
    )


def _other_version() -> CoreError:
    return CoreError(
        "other_version",
        "The running Turntable speaks another language than this one: it is another version.",
        "Stop it from its tray menu or with `turntable stop`, then start this one.",
    )


def _ended() -> CoreError:
    return CoreError(
        "owner_ended",
        "Turntable ended before it answered.",
        "`turntable status` says how things stand.",
        exit_code=ExitCode.OWNER_NOT_RUNNING,
    )
