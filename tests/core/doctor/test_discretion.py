"""What must not be told is not told, wherever it stands in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.doctor.discretion import Discretion, masked, stand_ins

WORDS = stand_ins(
    [(1, ["Work", "ada@example.com", "acc_1", ""]), (2, ["R&D (new)", "Work", "Ünïcode"])]
)
DISCREET = Discretion(
    words={**WORDS, "ada": "(user)"},
    folders=[
        ("/home/ada/.local/share/turntable", "(data folder)"),
        ("/home/ada/.codex", "(Codex home)"),
        ("/home/ada", "~"),
    ],
    hosts=frozenset({"chatgpt.com"}),
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("Work serves, WORK too", "#1 serves, #1 too", id="a label, in any case"),
        pytest.param("Workspace gone", "Workspace gone", id="a word that only begins like it"),
        pytest.param("of R&D (new).", "of #2.", id="a label with signs in it"),
        pytest.param("ünïcode waits", "#2 waits", id="a label in other letters"),
        pytest.param("to bob+x@mail.example.org:", "to (e-mail):", id="anybody's e-mail"),
        pytest.param("/home/ada/.codex/config.toml", "(Codex home)/config.toml", id="Codex's"),
        pytest.param(
            "at /home/ada/.local/share/turntable/log/turntable.log.",
            "at (data folder)/log/turntable.log.",
            id="our own folder",
        ),
        pytest.param("in /home/ada/client-b/secret", "in ~/…", id="a path ends at the home"),
        pytest.param("in /srv/client-b/secret", "in (path)", id="a path elsewhere"),
        pytest.param(r"in C:\Users\ada\client", "in (path)", id="a path of Windows"),
        pytest.param("user ada", "user (user)", id="who is logged in"),
        pytest.param("1/2 of it, and/or more", "1/2 of it, and/or more", id="no path at all"),
        pytest.param(
            "http://127.0.0.1:8791/c/fake-bind-secret/backend-api",
            "http://127.0.0.1:8791/…",
            id="our own address, without what follows",
        ),
        pytest.param(
            "https://u:p@gate.corp.example:8080/x?key=1",
            "https://(host)/…",
            id="somebody's gateway, without its password",
        ),
        pytest.param("https://chatgpt.com/backend-api", "https://chatgpt.com/…", id="official"),
    ],
)
def test_text_is_masked(text: str, told: str) -> None:
    assert DISCREET.mask(text) == told


def test_every_text_of_a_value_is_masked_and_the_rest_stays() -> None:
    value = {"label": "Work", "windows": [{"left": 62.0, "of": "Work"}], "none": None, "on": True}
    assert masked(value, DISCREET) == {
        "label": "#1",
        "windows": [{"left": 62.0, "of": "#1"}],
        "none": None,
        "on": True,
    }


@given(st.text(max_size=60), st.text(max_size=60))
def test_names_are_never_left_in_a_text(before: str, after: str) -> None:
    told = DISCREET.mask(f"{before} ada@example.com {after} /home/ada/x/y {before}")
    assert "@example.com" not in told
    assert "/home/ada" not in told
