"""What a desktop entry starts, as the Desktop Entry Specification reads it."""

import pytest

from core.switch.desktop_entry import started_by


@pytest.mark.parametrize(
    ("exec_", "words"),
    [
        pytest.param("chatgpt", ("chatgpt",), id="a bare name"),
        pytest.param("chatgpt --flag %U", ("chatgpt", "--flag"), id="a field code is dropped"),
        pytest.param('"/a b/chatgpt" %u', ("/a b/chatgpt",), id="a quoted path"),
        pytest.param(r'"/a\\"b\\\\$HOME"', ('/a"b\\$HOME',), id="escapes inside quotes"),
        pytest.param("chatgpt 100%%", ("chatgpt", "100%"), id="a doubled percent sign"),
        pytest.param(r"chatgpt\s--x", ("chatgpt", "--x"), id="an escaped space is a space"),
    ],
)
def test_exec_is_read_as_words(exec_: str, words: tuple[str, ...]) -> None:
    assert started_by(f"[Desktop Entry]\nName=x\nExec={exec_}\n") == words


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[Desktop Entry]\nName=x\n", id="no Exec"),
        pytest.param("[Desktop Action new]\nExec=other\n", id="only another group's"),
    ],
)
def test_an_entry_that_starts_nothing(text: str) -> None:
    assert started_by(text) == ()


def test_only_the_entrys_own_exec_counts() -> None:
    text = "[Desktop Entry]\nExec=main\n[Desktop Action new]\nExec=other\n"
    assert started_by(text) == ("main",)
