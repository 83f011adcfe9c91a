"""The recovery code survives being written down and typed again."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.errors import CoreError, ExitCode
from core.storage.recovery import CODE_BYTES, typed, written

codes = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)


@given(codes)
def test_a_code_that_is_typed_as_shown_is_the_code(code: bytes) -> None:
    assert typed(written(code)) == code


@given(codes)
def test_it_is_seven_groups_of_four_signs_that_cannot_be_mixed_up(code: bytes) -> None:
    groups = written(code).split("-")
    assert [len(group) for group in groups] == [4] * 7
    assert set("".join(groups)) <= set(string.digits + string.ascii_uppercase) - set("ILOU")


@given(codes)
def test_the_usual_ways_to_mistype_it_are_read_as_meant(code: bytes) -> None:
    shown = written(code)
    for text in (
        shown.lower(),
        shown.replace("-", " "),
        shown.replace("-", ""),
        shown.replace("0", "O").replace("1", "l"),
        f"  {shown}\n".replace("1", "I"),
    ):
        assert typed(text) == code


@given(codes, st.integers(0, 27), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_slip_is_told_from_a_wrong_code(code: bytes, at: int, sign: str) -> None:
    signs = written(code).replace("-", "")
    assume(signs[at] != sign)
    slipped = signs[:at] + sign + signs[at + 1 :]
    # One slip in 4,096 has a right checksum by chance; it is then another code, not this one.
    assert meant(slipped) != code


def meant(text: str) -> bytes | None:
    try:
        return typed(text)
    except CoreError:
        return None


def test_a_slip_in_any_sign_of_this_code_is_noticed() -> None:
    signs = written(b"fake recovery co").replace("-", "")
    for at in range(len(signs)):
        slipped = signs[:at] + ("2" if signs[at] != "2" else "3") + signs[at + 1 :]
        with pytest.raises(CoreError) as failure:
            typed(slipped)
        assert failure.value.exit_code is ExitCode.USAGE
        assert slipped not in str(failure.value)


@pytest.mark.parametrize("text", ["", "ABCD", "U" * 28, "É" * 28, "0" * 29, "0000-" * 8])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    with pytest.raises(CoreError) as failure:
        typed(text)
    assert failure.value.code == "bad_recovery_code"
