"""Everybody gets the same versions: pyproject.toml and locked.txt say the same, hash by hash."""

import tomllib

import pytest

from installers.pins import disagreements, with_constraints
from tests.house.tree import ROOT

_PROJECT = """\
[project]
dependencies = ["httpx"]

[build-system]
requires = ["hatchling==1.0"]

[dependency-groups]
test = ["Pytest_Qt"]

[tool.uv]
constraint-dependencies = [
    "httpx==1.0",
    "hatchling==1.0",
    "pytest-qt==2.0",
]
"""
_LOCKED = """\
httpx==1.0 \\
    --hash=sha256:aa
hatchling==1.0 \\
    --hash=sha256:bb
pytest-qt==2.0 ; sys_platform == 'linux' \\
    --hash=sha256:cc
"""


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_both_lists_agree() -> None:
    assert disagreements(_read("pyproject.toml"), _read("installers/locked.txt")) == ()


def test_lists_that_agree_are_left_in_peace() -> None:
    assert disagreements(_PROJECT, _LOCKED) == ()


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        pytest.param(
            "httpx==1.0 \\", "httpx==1.1 \\", "httpx==1.1: in locked.txt, not", id="newer"
        ),
        pytest.param(
            "    --hash=sha256:bb\n", "    --no-hash\n", "hatchling==1.0", id="without a hash"
        ),
        pytest.param(
            "httpx==1.0 \\\n    --hash=sha256:aa\n", "", "httpx: needed, not pinned", id="left out"
        ),
    ],
)
def test_lock_that_strays_is_named(was: str, becomes: str, complaint: str) -> None:
    found = disagreements(_PROJECT, _LOCKED.replace(was, becomes))
    assert any(sentence.startswith(complaint) for sentence in found), found


def test_constraint_that_nobody_locked_is_named() -> None:
    found = disagreements(_PROJECT.replace('"httpx==1.0",', '"httpx==1.0", "x==1",'), _LOCKED)
    assert found == ("x==1: in pyproject.toml, not in locked.txt",)


def test_package_at_two_versions_keeps_what_tells_them_apart() -> None:
    forked = _LOCKED.replace(
        "httpx==1.0 \\",
        "httpx==0.9 ; python_full_version < '3.13' \\\n    --hash=sha256:dd\n"
        "httpx==1.0 ; python_full_version >= '3.13' \\",
    )
    pinned = _PROJECT.replace(
        '"httpx==1.0"',
        "\"httpx==0.9 ; python_full_version < '3.13'\", "
        "\"httpx==1.0 ; python_full_version >= '3.13'\"",
    )
    assert disagreements(pinned, forked) == ()


def test_builder_at_another_version_is_named() -> None:
    project = _PROJECT + 'build-constraint-dependencies = ["hatchling==0.9"]\n'
    found = disagreements(project, _LOCKED)
    assert found == ("hatchling==0.9: builds, not in locked.txt",)


def test_new_pins_change_their_own_list_and_not_a_byte_beside_it() -> None:
    pyproject = _read("pyproject.toml")
    old = tomllib.loads(pyproject)["tool"]["uv"]["constraint-dependencies"]
    written = with_constraints(pyproject, ["a==1"])
    assert tomllib.loads(written)["tool"]["uv"]["constraint-dependencies"] == ["a==1"]
    assert with_constraints(written, old) == pyproject


def test_project_without_its_list_is_refused() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        with_constraints("[tool.uv]\n", ["a==1"])
