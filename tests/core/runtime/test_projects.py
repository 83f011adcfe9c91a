"""One project, however its folder is reached; real git lays out what is read here."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from core.domain.rules import Project
from core.runtime import projects
from core.runtime.projects import FRESH_S, MOST_KEPT, Projects, find_project
from tests.fakes.clock import FakeClock


def git(*words: str, at: Path) -> None:
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", *who, *words], cwd=at, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


@pytest.fixture
def repository(root: Path) -> Path:
    path = root / "repository"
    (path / "deep" / "er").mkdir(parents=True)
    git("init", "-q", at=path)
    git("commit", "-q", "--allow-empty", "-m", "first", at=path)
    return path


def test_every_folder_of_a_repository_is_one_project(repository: Path) -> None:
    for folder in (repository, repository / "deep", repository / "deep" / "er"):
        assert find_project(str(folder)) == repository.as_posix()


def test_a_repository_without_a_commit_is_a_project(root: Path) -> None:
    git("init", "-q", at=root)
    (root / "inside").mkdir()
    assert find_project(str(root / "inside")) == root.as_posix()


def test_a_linked_working_tree_is_the_project_of_its_main_one(repository: Path, root: Path) -> None:
    git("worktree", "add", "-q", "../linked", at=repository)
    (root / "linked" / "inside").mkdir()
    assert find_project(str(root / "linked" / "inside")) == repository.as_posix()


def test_a_link_to_a_folder_is_that_folder(repository: Path, root: Path) -> None:
    (root / "link").symlink_to(repository / "deep")
    assert find_project(str(root / "link")) == repository.as_posix()
    (root / "plain").mkdir()
    (root / "other").symlink_to(root / "plain")
    assert find_project(str(root / "other")) == (root / "plain").as_posix()


def test_a_submodule_is_a_project_of_its_own(repository: Path, root: Path) -> None:
    outer = root / "outer"
    outer.mkdir()
    git("init", "-q", at=outer)
    allow = ("-c", "protocol.file.allow=always")
    git(*allow, "submodule", "add", "-q", str(repository), "inner", at=outer)
    assert find_project(str(outer / "inner")) == (outer / "inner").as_posix()


def test_a_repository_with_its_git_folder_elsewhere_is_its_working_tree(root: Path) -> None:
    tree = root / "tree"
    tree.mkdir()
    git("init", "-q", "--separate-git-dir", str(root / "elsewhere"), at=tree)
    assert find_project(str(tree)) == tree.as_posix()


def test_trees_of_a_bare_repository_are_one_project(repository: Path, root: Path) -> None:
    git("clone", "-q", "--bare", str(repository), "bare.git", at=root)
    for name in ("one", "two"):
        git("worktree", "add", "-q", "-b", name, str(root / name), at=root / "bare.git")
        assert find_project(str(root / name)) == (root / "bare.git").as_posix()


def test_a_folder_outside_git_is_itself(root: Path) -> None:
    (root / "plain" / "deep").mkdir(parents=True)
    assert find_project(str(root / "plain" / "deep")) == (root / "plain" / "deep").as_posix()
    assert find_project(f"{root}/plain/../plain/") == (root / "plain").as_posix()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            "gitdir: {repository}/.git/worktrees/linked\n", id="one that does not point back"
        ),
        pytest.param("gitdir: /nowhere/at/all\n", id="one that is not there"),
        pytest.param("something else", id="no link at all"),
        pytest.param("", id="an empty file"),
        pytest.param("gitdir: \0\n", id="a zero byte"),
    ],
)
def test_a_folder_cannot_call_itself_another_project(
    repository: Path, root: Path, content: str
) -> None:
    git("worktree", "add", "-q", "../linked", at=repository)
    claims = root / "claims"
    claims.mkdir()
    (claims / ".git").write_text(content.replace("{repository}", str(repository)))
    assert find_project(str(claims)) in (claims.as_posix(), None)


def test_an_unpacked_folder_that_brings_both_ends_of_a_link_is_its_own(
    repository: Path, root: Path
) -> None:
    own = root / "unpacked" / "worktrees" / "x"
    own.mkdir(parents=True)
    (root / "unpacked" / ".git").write_text(f"gitdir: {own}\n")
    (own / "gitdir").write_text(f"{root / 'unpacked' / '.git'}\n")
    (own / "commondir").write_text(f"{repository / '.git'}\n")
    assert find_project(str(root / "unpacked")) == (root / "unpacked").as_posix()


def test_an_empty_git_folder_makes_no_repository(root: Path) -> None:
    (root / "a" / ".git").mkdir(parents=True)
    (root / "a" / "b").mkdir()
    assert find_project(str(root / "a" / "b")) == (root / "a" / "b").as_posix()


@pytest.mark.parametrize(
    ("folder", "project"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("relative/path", None, id="a relative path"),
        pytest.param("~/firm", None, id="a path that only a shell understands"),
        pytest.param("/" + "a" * 5000, None, id="a path of a page"),
        pytest.param("/a\0b", None, id="a zero byte"),
        pytest.param("/not/here/../there", "/not/there", id="a folder of another machine"),
        pytest.param("C:\\firm\\it", "C:/firm/it", id="a folder of Windows"),
    ],
)
def test_what_is_no_folder_of_ours(folder: str, project: str | None) -> None:
    assert find_project(folder) == project


def test_links_in_a_circle_are_no_project_and_no_crash(root: Path) -> None:
    (root / "a").symlink_to(root / "b")
    (root / "b").symlink_to(root / "a")
    assert find_project(str(root / "a")) in (None, (root / "a").as_posix())


class Asked:
    """Counts, and answers with the folder itself."""

    def __init__(self) -> None:
        self.folders: list[str] = []

    def __call__(self, folder: str) -> Project:
        self.folders.append(folder)
        return Project(folder)


async def test_a_folder_is_looked_at_once_a_minute() -> None:
    clock, asked = FakeClock(), Asked()
    known = Projects(clock, find=asked)
    for _ in range(3):
        assert await known.of("/firm") == "/firm"
    assert asked.folders == ["/firm"]
    clock.advance(FRESH_S)
    await known.of("/firm")
    assert asked.folders == ["/firm", "/firm"]


async def test_there_is_an_end_to_what_is_remembered() -> None:
    asked = Asked()
    known = Projects(FakeClock(), find=asked)
    for number in range(MOST_KEPT + 1):
        await known.of(f"/{number}")
    await known.of(f"/{MOST_KEPT}")
    assert len(asked.folders) == MOST_KEPT + 1
    await known.of("/0")
    assert asked.folders[-1] == "/0"


@pytest.fixture
def stuck() -> Iterator[Event]:
    """Set when the test is over, so that no thread outlives it."""
    event = Event()
    yield event
    event.set()


async def test_a_disk_that_does_not_answer_makes_the_folder_unknown(
    monkeypatch: pytest.MonkeyPatch, stuck: Event
) -> None:
    monkeypatch.setattr(projects, "PATIENCE_S", 0.01)

    def waits(folder: str) -> Project:
        stuck.wait(5)
        return Project(folder)

    async with asyncio.timeout(5):
        assert await Projects(FakeClock(), find=waits).of("/network") is None
    stuck.set()
