"""One JSON object a line, whatever stands in it; and errors that arrive as they left."""

import asyncio

import pytest

from core.control import wire
from core.domain.errors import CoreError, ExitCode


def reading(data: bytes, *, limit: int = 2**16) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=limit)
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def test_lines_are_read_one_by_one_until_the_end() -> None:
    reader = reading(b'{"a":1}\n{"b":"\\u00e4"}\n')

    assert await wire.receive(reader) == {"a": 1}
    assert await wire.receive(reader) == {"b": "ä"}
    assert await wire.receive(reader) is None


async def test_half_a_line_is_the_end() -> None:
    assert await wire.receive(reading(b'{"a":1}')) is None


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"hello\n", id="no JSON"),
        pytest.param(b"[1]\n", id="no object"),
        pytest.param(b"\n", id="an empty line"),
        pytest.param(b"\xff\n", id="no UTF-8"),
        pytest.param(b'{"a":"' + b"x" * 2**17 + b'"}\n', id="a line that does not end in time"),
    ],
)
async def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's, ours or asyncio's
        await wire.receive(reading(line))


@pytest.mark.parametrize("code", list(ExitCode))
def test_an_error_arrives_as_it_left(code: ExitCode) -> None:
    left = CoreError("why", "What.", "How.", exit_code=code)

    came = wire.error_from_json(wire.error_to_json(left))

    assert (came.code, came.message, came.hint, came.exit_code) == ("why", "What.", "How.", code)


@pytest.mark.parametrize("value", [None, [], {}, {"exit_code": 99}, {"exit_code": "0"}])
def test_an_error_of_another_shape_is_still_an_error(value: object) -> None:
    came = wire.error_from_json(value)  # type: ignore[arg-type]

    assert (came.code, came.exit_code) == ("failed", ExitCode.FAILED)
    assert came.message
