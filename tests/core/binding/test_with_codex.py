"""The real Codex reads and edits what we have bound, and nothing of its edits is lost."""

import os
import subprocess
from pathlib import Path

import pytest

from core.codex_home.app_server import app_server
from core.domain.binding import UndoResult
from tests.codex_binary import find_codex, how_to_get_codex
from tests.core.binding.homes import PORT, Place
from tests.core.binding.toml_documents import COLLECTED

pytestmark = pytest.mark.codex

# What Codex itself refuses, bound or not; and files without any root key, where its writer sets
# a blank line between ours and its first table, which stays like every edit of others.
NOT_COMPARABLE = {
    "array_of_tables_first",
    "blank_lines_only",
    "bom_crlf_table",
    "bom_only",
    "comment_without_newline",
    "empty",
    "key_present_inline_table",
    "key_present_not_a_string",
    "same_name_in_tables",
}
FILES = [path for path in COLLECTED if path.stem not in NOT_COMPARABLE]


def binary() -> Path:
    found = find_codex()
    if found is None:
        pytest.fail(how_to_get_codex(), pytrace=False)
    return found


def environment(home: Path) -> dict[str, str]:
    """Cut off from the network."""
    return {
        "HOME": str(home),
        "CODEX_HOME": str(home),
        "PATH": os.environ["PATH"],
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


def codex(home: Path, *arguments: str) -> None:
    """Run the real program in `home`."""
    done = subprocess.run(
        [binary(), *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_tool_that_codex_adds_while_bound_is_all_that_stays(tmp_path: Path, path: Path) -> None:
    direct = Place(tmp_path / "direct", config=path.read_bytes())
    routed = Place(tmp_path / "routed", config=path.read_bytes())
    routed.binder().bind(routed.home, PORT, replace=True)
    for place in (direct, routed):
        codex(place.home, "mcp", "add", "docs", "--", "npx", "-y", "docs")
    assert routed.address()
    assert routed.binder().unbind(routed.home).result is UndoResult.RESTORED
    assert routed.config.read_bytes() == direct.config.read_bytes()


async def settings_written(home: Path) -> None:
    """What an editor's or the desktop app's settings page does."""
    async with app_server(binary(), home=home, env=environment(home)) as server:
        for key, value in (("model", "gpt-9"), ("history.persistence", "none")):
            wish = {"keyPath": key, "value": value, "mergeStrategy": "replace"}
            await server.request("config/value/write", wish)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_what_codex_s_own_writer_sets_while_bound_is_all_that_stays(
    tmp_path: Path, path: Path
) -> None:
    direct = Place(tmp_path / "direct", config=path.read_bytes())
    routed = Place(tmp_path / "routed", config=path.read_bytes())
    routed.binder().bind(routed.home, PORT, replace=True)
    for place in (direct, routed):
        await settings_written(place.home)
    assert routed.address()
    assert routed.binder().unbind(routed.home).result is UndoResult.RESTORED
    assert routed.config.read_bytes() == direct.config.read_bytes()
