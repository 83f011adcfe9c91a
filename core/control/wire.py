"""The control endpoint's language: one JSON object a line, the same at both ends.

Asked: `{"verb": …, "arguments": {…}}`, `{"status": true}` or `{"watch": true}`.
Answered: `{"result": {…}}`, `{"error": {"code", "message", "hint", "exit_code"}}`,
`{"status": {…}}` (many, for a watch) or `{"show": "window"}`.
"""

import asyncio
import json
from collections.abc import Mapping

from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode


async def send(writer: asyncio.StreamWriter, message: Mapping[str, JsonValue]) -> None:
    """Write one line and wait until the other end keeps up."""
    # ASCII: a path of bytes that are no UTF-8 (PEP 383) survives the way in escapes.
    writer.write(json.dumps(message).encode("ascii") + b"\n")
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> dict[str, JsonValue] | None:
    """Read one line; None at the end of the connection.

    Raises:
        ValueError: the line is no JSON object, or too long.
    """
    line = await reader.readline()
    if not line.endswith(b"\n"):
        return None
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for a bad line
    return message


def error_to_json(error: CoreError) -> dict[str, JsonValue]:
    """An error as the other end reads it."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "exit_code": int(error.exit_code),
    }


def error_from_json(value: JsonValue) -> CoreError:
    """The error that the other end met."""
    record = value if isinstance(value, dict) else {}
    number = record.get("exit_code")
    exit_code = ExitCode.FAILED
    if isinstance(number, int) and number in set(ExitCode):
        exit_code = ExitCode(number)
    return CoreError(
        str(record.get("code", "failed")),
        str(record.get("message", "The owner gave no reason.")),
        str(record.get("hint", "")),
        exit_code=exit_code,
    )
