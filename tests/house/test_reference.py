"""The reference pages say what the code says, and links between pages lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from core.control.commands import VERBS
from core.domain.errors import ExitCode
from core.domain.settings import Settings, declarations
from installers.reference import pages, settings_page, stale, verbs_page
from tests.house.tree import ROOT

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (?P<words>.+)$", re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by, as code hosts make them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in headings}


def dead_links(root: Path) -> Iterator[str]:
    """Links of the README and the pages below docs that lead nowhere."""
    for page in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        for link in _LINK.finditer(_FENCED.sub("", page.read_text("utf-8"))):
            target = (page.parent / link["path"]) if link["path"] else page
            if not target.exists() or (link["anchor"] and link["anchor"] not in _anchors(target)):
                yield f"{page.relative_to(root)}: {link.group()[2:-1]}"


def unreachable_pages(root: Path) -> set[str]:
    """Pages below docs that nobody finds who begins at docs/index.md and follows links."""
    docs, seen = root / "docs", set[Path]()
    waiting = [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md" and page.is_file():
            seen.add(page)
            links = _LINK.finditer(_FENCED.sub("", page.read_text("utf-8")))
            waiting += [(page.parent / link["path"]).resolve() for link in links if link["path"]]
    return {str(page.relative_to(root)) for page in set(docs.rglob("*.md")) - seen}


def _written() -> dict[str, str]:
    return {path: (ROOT / path).read_text("utf-8") for path in pages()}


def test_pages_are_what_the_code_says_now() -> None:
    assert stale(_written()) == (), "run `python -m installers.reference`"


def test_page_that_strayed_is_named() -> None:
    fresh = pages()
    path = next(iter(fresh))
    assert stale(fresh | {path: fresh[path] + "one line more\n"}) == (path,)


def test_page_that_is_missing_is_named() -> None:
    assert stale({}) == tuple(pages())


def test_check_says_in_its_exit_code_whether_the_pages_are_fresh() -> None:
    command = [sys.executable, "-m", "installers.reference", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = stale(_written())
    assert checked.returncode == (1 if found else 0)
    assert [line.partition(" ")[0] for line in checked.stdout.splitlines()] == list(found)


def test_every_setting_has_its_row_with_its_variable() -> None:
    page = settings_page()
    for key, declaration in declarations().items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{key}` |"))
        assert declaration.help in row
        if not declaration.file_only:
            assert f"`TURNTABLE_{key.replace('.', '_').upper()}`" in row


def test_every_section_of_the_settings_has_its_heading_once() -> None:
    headings = [line for line in settings_page().splitlines() if line.startswith("## ")]
    assert headings == [f"## {section.name}" for section in fields(Settings)]


def test_every_verb_that_can_be_typed_has_its_section() -> None:
    headings = [line for line in verbs_page().splitlines() if line.startswith("## ")]
    processes = ("serve", "setup", "demo", "monitor", "completion", "version")
    assert headings == [f"## {name}" for name in (*processes, *VERBS)]


def test_every_argument_that_can_be_typed_is_explained() -> None:
    page = verbs_page()
    for verb in VERBS.values():
        section = page.partition(f"\n## {verb.name}\n")[2].partition("\n## ")[0]
        for parameter in verb.parameters:
            assert (parameter.help.replace("|", r"\|") in section) is not parameter.hidden


def test_every_exit_code_is_explained() -> None:
    rows = [line for line in verbs_page().splitlines() if line.startswith("| ")]
    assert [row.split()[1] for row in rows[1 : 1 + len(ExitCode)]] == [
        str(int(c)) for c in ExitCode
    ]


def test_links_between_pages_lead_somewhere() -> None:
    assert list(dead_links(ROOT)) == []


@pytest.mark.parametrize(
    ("link", "found"),
    [
        pytest.param("[a](docs/a.md)", [], id="a page"),
        pytest.param("[a](docs/a.md#the-first-one)", [], id="a heading"),
        pytest.param("[a](https://example.com/a)", [], id="an address is not ours to try"),
        pytest.param("```\n[a](docs/b.md)\n```", [], id="an example is no link"),
        pytest.param("[a](docs/b.md)", ["README.md: docs/b.md"], id="no such page"),
        pytest.param("[a](docs/a.md#two)", ["README.md: docs/a.md#two"], id="no such heading"),
    ],
)
def test_link_that_leads_nowhere_is_named(tmp_path: Path, link: str, found: list[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# The first one\n")
    (tmp_path / "README.md").write_text(f"{link}\n")
    assert list(dead_links(tmp_path)) == found


def test_every_page_is_found_from_the_first_one() -> None:
    assert unreachable_pages(ROOT) == set()


def test_page_that_nobody_links_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "docs" / "index.md").write_text("[a](guides/a.md)\n")
    (tmp_path / "docs" / "guides" / "a.md").write_text("[back](../index.md)\n")
    (tmp_path / "docs" / "guides" / "b.md").write_text("[back](../index.md)\n")
    assert unreachable_pages(tmp_path.resolve()) == {"docs/guides/b.md"}
