"""What Codex lists of its threads, page by page, whatever a later version says of them."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codex_home.app_server import app_server
from core.codex_home.threads import CodexThread, list_threads, threads_in
from core.domain.errors import CoreError

WHOLE: Mapping[str, Any] = {
    "id": "01a1f967",
    "name": None,
    "preview": "say hi\n\tto  them\x1b[31m",
    "modelProvider": "openai",
    "model": "gpt-6.1-sol",
    "updatedAt": 1795185683,
    "cwd": "/home/ada/project",
    "source": "exec",
    "turns": [],
}

PAGES = """\
#!{python}
import json, sys
pages = json.loads({pages!r})
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        cursor = asked.get("params", {{}}).get("cursor", "")
        known = pages.get(cursor, {{"data": []}}) if asked["method"] == "thread/list" else {{}}
        print(json.dumps({{"id": asked["id"], "result": known}}), flush=True)
        open(sys.argv[0] + ".asked", "a").write(line)
"""


def lists(folder: Path, pages: Mapping[str, Any]) -> Path:
    """A program that lists these pages, by cursor; what it was asked is in `codex.asked`."""
    path = folder / "codex"
    path.write_text(PAGES.format(python=sys.executable, pages=json.dumps(pages)))
    path.chmod(0o755)
    return path


async def listed(
    program: Path, *, all_providers: bool = False, most: int = 1000
) -> tuple[str, ...]:
    async with app_server(program, home=program.parent, env={}) as server:
        found = await list_threads(server, all_providers=all_providers, most=most)
    return tuple(one.id for one in found)


def test_a_thread_is_read_with_one_line_of_what_it_begins_with() -> None:
    assert threads_in({"data": [WHOLE]}) == (
        CodexThread(
            id="01a1f967",
            title="say hi to them [31m",
            provider="openai",
            model="gpt-6.1-sol",
            updated_at=datetime(2026, 11, 20, 14, 41, 23, tzinfo=UTC),
            folder="/home/ada/project",
            source="exec",
        ),
    )


def test_its_name_is_shown_where_it_has_one() -> None:
    (one,) = threads_in({"data": [{**WHOLE, "name": "x" * 200}]})
    assert one.title == "x" * 79 + "…"


@pytest.mark.parametrize("when", [None, True, "soon", 1e300, float("nan")])
def test_a_time_that_is_none_is_unknown(when: object) -> None:
    (one,) = threads_in({"data": [{**WHOLE, "updatedAt": when}]})
    assert one.updated_at is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", *WHOLE]), inner, max_size=4)
        ),
    )
)
def test_no_answer_breaks_it(document: object) -> None:
    for one in threads_in({"data": document}):
        assert one.id


async def test_every_page_is_turned_and_each_thread_told_once(tmp_path: Path) -> None:
    pages = {
        "": {"data": [{"id": "a"}, {"id": "b"}], "nextCursor": "2"},
        "2": {"data": [{"id": "b"}, {"id": "c"}], "nextCursor": "3"},
        "3": {"data": [{"id": "d"}], "nextCursor": None},
    }
    program = lists(tmp_path, pages)
    assert await listed(program) == ("a", "b", "c", "d")
    assert await listed(program, most=3) == ("a", "b", "c")


async def test_a_cursor_that_leads_nowhere_ends_it(tmp_path: Path) -> None:
    page = {"data": [{"id": "a"}], "nextCursor": "again"}
    assert await listed(lists(tmp_path, {"": page, "again": page})) == ("a",)


async def test_every_provider_is_asked_for_by_naming_none(tmp_path: Path) -> None:
    program = lists(tmp_path, {"": {"data": []}})
    await listed(program)
    await listed(program, all_providers=True)
    asked = [json.loads(line) for line in Path(f"{program}.asked").read_text().splitlines()]
    wishes = [one["params"] for one in asked if one["method"] == "thread/list"]
    assert [one.get("modelProviders") for one in wishes] == [None, []]


async def test_a_codex_that_does_not_know_the_question_says_so(tmp_path: Path) -> None:
    path = tmp_path / "codex"
    greet = 'json.loads(input()); print(json.dumps({"id": 1, "result": {}}), flush=True); input()'
    refuse = (
        "n = json.loads(input())['id']; print(json.dumps({'id': n, 'error': {'message': 'no'}}))"
    )
    path.write_text("\n".join([f"#!{sys.executable}", "import json", greet, refuse]))
    path.chmod(0o755)
    with pytest.raises(CoreError, match="Codex refused thread/list: no"):
        await listed(path)
