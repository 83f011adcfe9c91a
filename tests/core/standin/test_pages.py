"""The issuer's pages: what is shown is never taken for markup."""

from html.parser import HTMLParser

import pytest

from core.standin import pages
from core.standin.replies import Reply

ODD = '<script>"&'


class _Form(HTMLParser):
    """Ids, values and texts of a page."""

    def __init__(self, page: Reply) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.values: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.add(tag)
        self.ids += [named["id"] or ""] if "id" in named else []
        self.values += [named["value"] or ""] if "value" in named else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        pytest.param(pages.sign_in(), ["user", "pw", "go", "deny"], id="who is it"),
        pytest.param(pages.sign_in(session="s"), ["go", "deny"], id="go on as before"),
        pytest.param(
            pages.workspace_chooser("s", [("a", "A")]), ["workspace", "go", "deny"], id="where to"
        ),
        pytest.param(pages.device(), ["code", "user", "pw", "go", "deny"], id="a device"),
        pytest.param(pages.done("Yes."), ["done"], id="the end"),
        pytest.param(pages.refused("No."), ["error"], id="an error"),
    ],
)
def test_a_page_has_its_fields_and_no_script(page: Reply, ids: list[str]) -> None:
    form = _Form(page)
    assert form.ids == ids
    assert "script" not in form.tags


def test_what_somebody_typed_stays_text() -> None:
    form = _Form(pages.device(user_code=ODD, error=ODD))
    assert ODD in form.values
    assert ODD in form.text
    assert "script" not in form.tags


def test_workspaces_have_any_name() -> None:
    form = _Form(pages.workspace_chooser("s", [(ODD, ODD)]))
    assert ODD in form.values
    assert ODD in form.text
