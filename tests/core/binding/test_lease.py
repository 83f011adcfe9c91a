"""What a bind decides from a file and a record, before anything is written."""

import pytest

from core.binding.address import base_address
from core.binding.codex_toml import KEY, fingerprint
from core.binding.lease import decide, difference
from core.domain.binding import BindRecord, BindSecret, KeyEdit, Replaces
from tests.core.binding.test_journal import RECORD

OLD, NEW = BindSecret("o" * 43), BindSecret("n" * 43)
VALUE = base_address(8791, NEW)
KNOWN = BindRecord(
    **{name: getattr(RECORD, name) for name in RECORD.__slots__ if name != "ours"},
    ours=(fingerprint(base_address(8791, OLD)),),
)


@pytest.mark.parametrize(
    ("content", "previous", "replaces", "edit"),
    [
        pytest.param("", None, Replaces.NOTHING, KeyEdit(old=None), id="a line is added"),
        pytest.param("a = 1", None, Replaces.NOTHING, KeyEdit(old=None, glued=True), id="glued"),
        pytest.param(
            f"{KEY} = 'http://127.0.0.1:1/v1'",
            None,
            Replaces.LOOPBACK,
            KeyEdit(old="'http://127.0.0.1:1/v1'"),
            id="a local program's address is kept as it was written",
        ),
        pytest.param(
            f"{KEY} = 'https://x.example'",
            KNOWN,
            Replaces.GATEWAY,
            KeyEdit(old="'https://x.example'"),
            id="a later value of the user counts, not what the record knew",
        ),
        pytest.param(
            f"{KEY} = '{base_address(8791, OLD)}'",
            KNOWN,
            Replaces.OURS,
            KNOWN.edit,
            id="our own value keeps what the record knew",
        ),
        pytest.param(
            f"{KEY} = '{base_address(8791, OLD)}'",
            None,
            Replaces.ORPHAN,
            KeyEdit(old=None),
            id="an address of ours that no record knows is not kept",
        ),
        pytest.param("", KNOWN, Replaces.NOTHING, KeyEdit(old=None), id="the user removed ours"),
    ],
)
def test_a_bind_knows_what_it_replaces_and_what_to_give_back(
    content: str, previous: BindRecord | None, replaces: Replaces, edit: KeyEdit
) -> None:
    move = decide(content.encode(), previous, VALUE, name="config.toml")
    assert (move.replaces, move.edit) == (replaces, edit)
    assert VALUE.encode() in move.content
    assert OLD.value not in str(move.found)


def test_a_difference_shows_the_changed_line_and_masks_it() -> None:
    before, after = b"a = 1\nb = 2\n", f'a = 1\nb = 2\n{KEY} = "{VALUE}"\n'.encode()
    shown = difference(before, after, name="c").splitlines()
    assert shown[:2] == ["--- c", "+++ c"]
    assert shown[3:] == [f'+{KEY} = "http://127.0.0.1:8791/c/••••/backend-api/codex"']
    assert difference(before, before, name="c") == ""
