"""kill -9 of the real program in the middle of `bind`: Codex always gets a config that it accepts.

strace delivers the signal inside the program at the chosen system call: every rename and every
fsync of a bind once, which is before and after each of its durable steps.
"""

import shutil
import tomllib
from collections.abc import AsyncIterator

import pytest

from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.timeout(300)]

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n\n[history]\npersistence = "none"\n'
MOST = 30


def killed_at(call: str, number: int) -> tuple[str, ...]:
    return (
        "strace", "--follow-forks", "--quiet=all", "--output=/dev/null",
        f"--trace={call}", f"--inject={call}:signal=SIGKILL:when={number}",
    )  # fmt: skip


async def kill_points(turntable: Turntable, codex: Codex, call: str) -> AsyncIterator[int]:
    """Bind again and again, killed one step later each time, until a bind comes through."""
    assert shutil.which("strace"), "strace is missing: `apt-get install strace`"
    for number in range(1, MOST):
        codex.config.write_bytes(BEFORE)
        try:
            # The interpreter renames files too, where it keeps what it has compiled.
            async with turntable.serve(
                wrapper=killed_at(call, number), PYTHONDONTWRITEBYTECODE="1"
            ) as serving:
                ran = await turntable.run("bind")
                if ran.exit_code == 0:
                    serving.kill()
                    return
                await serving.ended(10)
        except AssertionError:
            continue  # killed before it listened: not in a bind
        yield number
    raise AssertionError(f"no bind came through {MOST} times")


@pytest.mark.parametrize(("call", "least"), [("rename", 4), ("fsync", 7)])
async def test_unbind_gives_the_config_back_wherever_bind_was_killed(
    turntable: Turntable, codex: Codex, call: str, least: int
) -> None:
    points = 0
    async for number in kill_points(turntable, codex, call):
        tomllib.loads(codex.config.read_text())
        ran = await turntable.run("unbind")
        assert ran.exit_code == 0, (number, ran.stderr)
        assert codex.config.read_bytes() == BEFORE, number
        points += 1
    assert points >= least


async def test_the_next_start_leaves_a_config_that_codex_accepts(
    turntable: Turntable, codex: Codex
) -> None:
    points = 0
    async for number in kill_points(turntable, codex, "rename"):
        async with turntable.serve():
            config = tomllib.loads(codex.config.read_text())
            assert config["model"] == "gpt-6.1-sol", number
            async with codex.app_server() as server:
                read = await server.request("config/read", {})
            assert read["config"]["model"] == "gpt-6.1-sol"
        assert (await turntable.run("unbind")).exit_code == 0
        assert codex.config.read_bytes() == BEFORE, number
        points += 1
    assert points >= 4
