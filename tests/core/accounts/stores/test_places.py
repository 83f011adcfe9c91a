"""Where each tool's store is looked for, when the user asks for it."""

from pathlib import Path

import pytest

from core.accounts.stores.places import Tool, places_of


def expected(home: Path, tool: Tool, environment: dict[str, str]) -> str:
    places = places_of(tool, codex_home=home / ".codex", user_home=home, environment=environment)
    return str(places.expected.relative_to(home))


@pytest.mark.parametrize(
    ("tool", "environment", "path"),
    [
        pytest.param(
            Tool.MULTI_AUTH, {}, ".codex/multi-auth/openai-codex-accounts.json", id="multi-auth"
        ),
        pytest.param(Tool.ROUTER, {}, ".codex/multi-auth/openai-accounts.json", id="router"),
        pytest.param(Tool.OPENCODE, {}, ".config/opencode-multi-auth/accounts.json", id="opencode"),
        pytest.param(
            Tool.OPENCODE,
            {"OPENCODE_MULTI_AUTH_STORE_DIR": "{home}/x"},
            "x/accounts.json",
            id="opencode, another folder",
        ),
        pytest.param(
            Tool.OPENCODE,
            {"OPENCODE_MULTI_AUTH_STORE_FILE": "{home}/x.json"},
            "x.json",
            id="opencode, another file",
        ),
        pytest.param(
            Tool.MULTI_AUTH,
            {"CODEX_MULTI_AUTH_DIR": "{home}/x"},
            "x/openai-codex-accounts.json",
            id="multi-auth, another folder",
        ),
    ],
)
def test_each_tool_has_its_place(
    tmp_path: Path, tool: Tool, environment: dict[str, str], path: str
) -> None:
    named = {name: value.format(home=tmp_path) for name, value in environment.items()}
    assert expected(tmp_path, tool, named) == path


def test_project_pools_are_read_and_backups_are_not(tmp_path: Path) -> None:
    folder = tmp_path / ".codex" / "multi-auth"
    for name in ("", "projects/a-1/", "projects/b-2/", "backups/"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "openai-codex-accounts.json").touch()
    places = places_of(
        Tool.MULTI_AUTH, codex_home=tmp_path / ".codex", user_home=tmp_path, environment={}
    )
    found = [str(path.parent.relative_to(folder)) for path in places.present()]
    assert found == [".", "projects/a-1", "projects/b-2"]
