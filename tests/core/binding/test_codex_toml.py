"""The one key: set without touching another byte, and taken back exactly."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from core.binding.codex_toml import (
    KEY,
    AlreadyGone,
    LeftAlone,
    TakenBack,
    Undo,
    fingerprint,
    read_key,
    set_key,
    take_back,
)
from core.domain.binding import KeyEdit
from core.domain.errors import CoreError
from tests.core.binding.toml_documents import COLLECTED, documents

pytestmark = pytest.mark.timeout(60)

OURS = "http://127.0.0.1:8791/c/fake-secret/backend-api/codex"
LATER = "http://127.0.0.1:8792/c/fake-secret/backend-api/codex"
MINE = (fingerprint(OURS), fingerprint(LATER))


def undone(content: bytes, edit: KeyEdit, *, force: bool = False) -> Undo:
    return take_back(content, edit, ours=MINE, force=force)


def parsed(content: bytes) -> dict[str, object]:
    return tomllib.loads(content.decode().removeprefix("\ufeff"), parse_float=str)


def test_the_collection_is_awkward_enough() -> None:
    assert len(COLLECTED) >= 25


@pytest.mark.parametrize("path", COLLECTED, ids=lambda path: path.stem)
def test_a_collected_file_is_given_back_byte_by_byte(path: Path) -> None:
    before = path.read_bytes()
    bound = set_key(before, OURS)
    found = read_key(bound.content)
    assert found is not None
    assert found.value == OURS
    assert {**parsed(before), KEY: OURS} == parsed(bound.content)
    moved = set_key(bound.content, LATER)
    assert undone(bound.content, bound.edit) == TakenBack(content=before)
    assert undone(moved.content, bound.edit) == TakenBack(content=before)
    assert undone(before, bound.edit) == AlreadyGone()


@settings(deadline=None, max_examples=300)
@given(document=documents())
def test_a_generated_file_is_given_back_byte_by_byte(document: bytes) -> None:
    bound = set_key(document, OURS)
    assert {**parsed(document), KEY: OURS} == parsed(bound.content)
    assert set_key(bound.content, OURS).content == bound.content
    assert undone(bound.content, bound.edit) == TakenBack(content=document)


def _differing_spans(old: str, new: str) -> tuple[str, str]:
    """The longest common beginning, and then the longest common end."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[:start], old[len(old) - end :]


def _line_starts(text: str) -> list[int]:
    return [0, *(at + 1 for at, sign in enumerate(text) if sign == "\n" and at + 1 < len(text))]


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    document=documents(),
    snippet=st.sampled_from(["", "# mine\n", "mine = [\n]\n", "[mine]\nx = 1\n", " \n\n"]),
    behind=st.booleans(),
    removed=st.booleans(),
    data=st.data(),
)
def test_a_later_edit_elsewhere_is_kept_exactly(
    document: bytes, snippet: str, behind: bool, removed: bool, data: st.DataObject
) -> None:
    """The same edit, made to the bound and to the original file, gives the same end."""
    bound = set_key(document, OURS)
    original, routed = document.decode(), bound.content.decode()
    before, after = _differing_spans(original, routed)
    ours = routed[len(before) : len(routed) - len(after)]
    theirs = original[len(before) : len(original) - len(after)]

    side = after if behind else before
    start = data.draw(st.sampled_from(_line_starts(side)))
    stop = side.find("\n", start) + 1 if removed else start
    if behind and bound.edit.glued:
        snippet = "\n" + snippet
    changed = side[:start] + snippet + side[max(stop, start) :]
    before, after = (before, changed) if behind else (changed, after)
    edited, expected = (before + ours + after).encode(), (before + theirs + after).encode()

    try:
        now = read_key(edited)
        read_key(expected)
    except CoreError:
        reject()
    assume(now is not None and now.value == OURS)
    assert undone(edited, bound.edit) == TakenBack(content=expected)


LINE = f'{KEY} = "{OURS}"'


@pytest.mark.parametrize(
    ("before", "bound"),
    [
        pytest.param("", f"{LINE}\n", id="an empty file gets the line"),
        pytest.param("a = 1\n", f"a = 1\n{LINE}\n", id="after the last root key"),
        pytest.param("a = 1", f"a = 1\n{LINE}", id="a file without final newline keeps it so"),
        pytest.param("a = 1\r\n[t]\r\n", f"a = 1\r\n{LINE}\r\n[t]\r\n", id="newlines as found"),
        pytest.param("[t]\na = 1\n", f"{LINE}\n[t]\na = 1\n", id="before the first table"),
        pytest.param(
            "a = 1\n\n# about t\n[t]\n",
            f"a = 1\n{LINE}\n\n# about t\n[t]\n",
            id="a comment stays at its table",
        ),
        pytest.param("\ufeff[t]\n", f"\ufeff{LINE}\n[t]\n", id="after the byte order mark"),
        pytest.param(
            f"{KEY} = 'http://localhost:1' # x\n",
            f'{KEY} = "{OURS}" # x\n',
            id="in the place of the old value",
        ),
    ],
)
def test_the_key_is_set_where_a_person_would_look(before: str, bound: str) -> None:
    assert set_key(before.encode(), OURS).content == bound.encode()


@pytest.mark.parametrize(
    ("before", "edited", "end"),
    [
        pytest.param("a = 1\n", f"a = 2\n{LINE}\nb = 3\n", "a = 2\nb = 3\n", id="other keys"),
        pytest.param("a = 1\n", f"a = 1\n  {LINE}  \n", "a = 1\n", id="our line was indented"),
        pytest.param("a = 1\n", f"a = 1\n{LINE} # note\n", "a = 1\n# note\n", id="a remark"),
        pytest.param("a = 1\n", f"{LINE}\na = 1\n", "a = 1\n", id="our line was moved"),
        pytest.param("a = 1\n", f"a = 1\n{LINE}", "a = 1\n", id="the final newline was cut"),
        pytest.param("a = 1", f"a = 1\n{LINE}\n# end\n", "a = 1\n# end\n", id="lines were added"),
        pytest.param("a = 1", f"a = 1\n{LINE}\n[t]", "a = 1\n[t]", id="a table was added"),
        pytest.param("a = 1", f"a = 1\n{LINE} # note", "a = 1\n# note", id="a remark at the end"),
        pytest.param("a = 1", f"{LINE}\na = 1", "a = 1", id="our glued line was moved up"),
        pytest.param("a = 1\n", f"\"{KEY}\" = '{OURS}'\n", "", id="respelled, it is still ours"),
        pytest.param("a = 1\n", f"a = 1\r\n{LINE}\r\n", "a = 1\r\n", id="newlines were changed"),
        pytest.param(
            f"{KEY} = '' # x\n",
            f"# y\n{KEY}= '{OURS}' # z\nb = 1\n",
            f"# y\n{KEY}= '' # z\nb = 1\n",
            id="the old value returns into what was written around it",
        ),
    ],
)
def test_what_the_user_wrote_meanwhile_is_kept(before: str, edited: str, end: str) -> None:
    edit = set_key(before.encode(), OURS).edit
    assert undone(edited.encode(), edit) == TakenBack(content=end.encode())


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        pytest.param("", f"{KEY} = 'https://mine.example'\n", LeftAlone(), id="another address"),
        pytest.param("", f"{KEY} = '{OURS}/'\n", LeftAlone(), id="our address, altered"),
        pytest.param("", f"{KEY} = 5\n", LeftAlone(), id="not even a string"),
        pytest.param("", f"[{KEY}]\nx = 1\n", LeftAlone(), id="a table of that name"),
        pytest.param("", "b = 1\n", AlreadyGone(), id="the line was deleted"),
        pytest.param(f"{KEY} = 'x'\n", "b = 1\n", AlreadyGone(), id="line and old value deleted"),
        pytest.param(f"{KEY} = 'x'\n", f'{KEY} = "x"\n', AlreadyGone(), id="the old value is back"),
        pytest.param("", f"[t]\n{KEY} = '{OURS}'\n", AlreadyGone(), id="moved into a table"),
    ],
)
def test_a_key_that_changed_hands_is_not_ours_to_change(
    before: str, now: str, verdict: Undo
) -> None:
    assert undone(now.encode(), set_key(before.encode(), OURS).edit) == verdict


@pytest.mark.parametrize(
    ("before", "now", "end"),
    [
        pytest.param("", f"{KEY} = 'mine'\nb = 1\n", TakenBack(content=b"b = 1\n"), id="removed"),
        pytest.param(
            f"{KEY} = 'x'\n",
            f"b = 1\n{KEY} = 'mine'",
            TakenBack(content=f"b = 1\n{KEY} = 'x'".encode()),
            id="replaced by the old value",
        ),
        pytest.param(
            f"{KEY} = 'x'\n",
            "b = 1\n",
            TakenBack(content=f"b = 1\n{KEY} = 'x'\n".encode()),
            id="the old value is written again",
        ),
        pytest.param("", "b = 1\n", AlreadyGone(), id="nothing to remove"),
    ],
)
def test_force_takes_the_old_value(before: str, now: str, end: Undo) -> None:
    assert undone(now.encode(), set_key(before.encode(), OURS).edit, force=True) == end


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        pytest.param(b"a = 1\nb = \n", "config_invalid", "line 2, column 5", id="no value"),
        pytest.param(b"a = 1\na = 2\n\n", "config_invalid", "line 2, column 6", id="twice"),
        pytest.param(b"a = [1,\n2", "config_invalid", "line 2, column 2", id="an open end"),
        pytest.param(b"\xef\xbb\xbfa = 1\nb\n", "config_invalid", "line 2, column 2", id="bom"),
        pytest.param(b"a = 1\nb = '\xff'\n", "config_invalid", "line 2, column 6", id="latin 1"),
        pytest.param("a = 1".encode("utf-16"), "config_invalid", "line 1, column 1", id="utf-16"),
        pytest.param(b"a = 1\x00", "config_invalid", "line 1", id="a zero byte"),
        pytest.param(b"a = " + b"1" * 5000, "config_invalid", "too large", id="a huge number"),
        pytest.param(b"a = " + b"[" * 100_000, "config_invalid", "too large", id="bottomless"),
        pytest.param(f"[{KEY}]\n".encode(), "config_key_is_table", "table", id="a table"),
        pytest.param(f"{KEY}.x = 1\n".encode(), "config_key_is_table", "table", id="dotted"),
        pytest.param(f"[[{KEY}]]\n".encode(), "config_key_is_table", "table", id="tables"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused_with_its_place(
    content: bytes, code: str, where: str
) -> None:
    for act in (
        lambda: set_key(content, OURS, name="my.toml"),
        lambda: read_key(content, name="my.toml"),
    ):
        with pytest.raises(CoreError) as refused:
            act()
        assert refused.value.code == code
        assert "my.toml" in refused.value.message
        assert where in refused.value.message
        assert refused.value.hint


def test_a_value_of_any_characters_is_written_legally() -> None:
    value = 'a"b\\c\x7f\x01\n\t é 🦊'
    found = read_key(set_key(b"", value).content)
    assert found is not None
    assert found.value == value


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_either_given_back_or_refused(content: bytes) -> None:
    try:
        bound = set_key(content, OURS)
    except CoreError:
        return
    assert undone(bound.content, bound.edit) == TakenBack(content=content)
