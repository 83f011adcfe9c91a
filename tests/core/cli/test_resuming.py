"""`resume-stopped CHAT`: Codex is handed the chat, through Turntable; made-up ones tell."""

import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.decision import RefuseReason
from core.domain.facts import ThreadId
from core.domain.state import put_account
from core.domain.usage import Result
from tests.core.cli.apps import app_over
from tests.core.control.apps import free_port
from tests.core.routing.pool import account
from tests.core.storage.samples import request
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(60)
CODEX = "#!{python}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\nsys.exit(7)\n"
STANDS = ThreadId("0199a213-81c0")


@pytest.fixture
async def turntable(tmp_path: Path) -> AsyncIterator[Turntable]:
    """One account, one chat that a limit has stopped; Codex says what it was handed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "codex").write_text(CODEX.format(python=sys.executable))
    (programs / "codex").chmod(0o755)
    (tmp_path / "codex").mkdir()
    record = request()
    async with app_over(tmp_path / "t") as app:
        await app.folder.store.change(put_account(account("A", 1)))
        app.folder.ledger.append(
            replace(
                record,
                started_at=datetime.now(UTC),
                facts=replace(record.facts, thread=STANDS, parent=None),
                because=RefuseReason.ALL_WAITING,
                result=Result.REFUSED,
            )
        )
    turntable = Turntable(
        tmp_path / "t",
        {
            "CODEX_HOME": str(tmp_path / "codex"),
            "TURNTABLE_PROXY_PORT": str(free_port()),
            "PATH": f"{programs}:{os.environ['PATH']}",
        },
    )
    yield turntable
    await turntable.run("stop")


async def test_codex_is_handed_the_chat_through_turntable(turntable: Turntable) -> None:
    ran = await turntable.run("resume-stopped", "0199")
    assert ran.exit_code == 7, ran.stderr
    words = json.loads(ran.stdout)
    assert words[-2:] == ["resume", STANDS]
    assert words[3].startswith('openai_base_url="http://127.0.0.1:')


async def test_a_list_starts_no_codex(turntable: Turntable) -> None:
    ran = await turntable.run("resume-stopped")
    assert ran.exit_code == 0
    assert STANDS in ran.stdout
    assert "may go on with A" in ran.stdout


async def test_a_script_is_told_and_nothing_is_started(turntable: Turntable) -> None:
    assert (await turntable.done("resume-stopped", "0199"))["thread"] == STANDS


async def test_one_that_does_not_stand_still_is_not_opened(turntable: Turntable) -> None:
    ran = await turntable.run("resume-stopped", "other")
    assert (ran.exit_code, ran.stdout) == (2, "")
