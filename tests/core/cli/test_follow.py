"""Following the log: the newest first, then each request once, until the owner ends."""

import io
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from core.cli.follow import follow_log
from core.control.endpoint import Endpoint
from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode
from core.runtime.paths import Home
from tests.core.cli.test_render import row
from tests.core.control.engines import ScriptedFacade


class Busy(ScriptedFacade):
    """An owner with thirty requests in its log; one more ends before each further look."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = 29

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        self.ended += 1
        count = arguments["last"]
        assert isinstance(count, int)
        newest = range(max(1, self.ended - count + 1), self.ended + 1)
        if self.ended < 33:
            self.pending.put_nowait(self.report)
        else:
            self.pending.put_nowait(None)
        return {"requests": [row(id=f"req_{number}") for number in newest]}


@pytest.fixture
async def environment(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    home = Home(root=tmp_path)
    home.create()
    endpoint = Endpoint(home.control, Busy())
    await endpoint.start()
    yield {"TURNTABLE_HOME": str(tmp_path)}
    await endpoint.close()


@pytest.mark.parametrize(
    ("last", "first"),
    [pytest.param(None, 11, id="twenty unless said"), pytest.param(2, 29, id="as many as said")],
)
async def test_each_request_is_shown_once(
    environment: dict[str, str], last: int | None, first: int
) -> None:
    out = io.StringIO()

    code = await follow_log(environment, last=last, as_json=True, out=out)

    shown = [json.loads(line)["id"] for line in out.getvalue().splitlines()]
    assert shown == [f"req_{number}" for number in range(first, 34)]
    assert code == 0


async def test_a_line_is_as_in_the_list(environment: dict[str, str]) -> None:
    out = io.StringIO()

    await follow_log(environment, last=1, as_json=False, out=out)

    assert out.getvalue().splitlines()[0].endswith("its chat is there  req_30")


async def test_without_an_owner_there_is_nothing_to_follow(tmp_path: Path) -> None:
    environment = {"TURNTABLE_HOME": str(tmp_path)}

    with pytest.raises(CoreError) as error:
        await follow_log(environment, last=None, as_json=False, out=io.StringIO())

    assert error.value.exit_code is ExitCode.OWNER_NOT_RUNNING
