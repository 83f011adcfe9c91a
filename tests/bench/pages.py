"""The measured part of a page of docs/: what a person wrote around it stays."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
PERFORMANCE = DOCS / "performance.md"
SOAK = DOCS / "reference" / "soak.md"


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between the page's marks of this name.

    Raises:
        ValueError: the page has no such marks; it is unchanged.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, began, rest = page.read_text("utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not began or not ended:
        raise ValueError(f"{page.name} has no place for {name}")
    page.write_text(f"{before}{begin}{text}{end}{after}", "utf-8")
