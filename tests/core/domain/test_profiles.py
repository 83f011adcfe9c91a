"""Profiles say what routing does, and nothing else."""

import pytest

from core.domain.errors import CoreError
from core.domain.profiles import BUILT_IN, make_profile, may_say, overlaid
from core.domain.settings import Settings, Value, declarations, value_of
from core.words.rules import profile_sentence
from core.words.speech import english


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_came_with_the_program_fits_its_own_declarations(name: str) -> None:
    profile = BUILT_IN[name]
    settings = overlaid(Settings(), profile)
    for key in declarations():
        expected = profile.values.get(key, value_of(Settings(), key))
        assert value_of(settings, key) == expected
    assert set(profile.values) <= set(may_say())
    assert profile_sentence(name, english()).endswith(".")


def test_the_three_differ_in_what_they_do() -> None:
    assert len({tuple(profile.values.items()) for profile in BUILT_IN.values()}) == 3


def test_balanced_is_what_holds_without_a_profile() -> None:
    assert overlaid(Settings(), BUILT_IN["balanced"]) == Settings()


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        pytest.param("Mine", {}, "bad_profile", id="large letters"),
        pytest.param("", {}, "bad_profile", id="no name"),
        pytest.param("-x", {}, "bad_profile", id="a name like an option"),
        pytest.param("none", {}, "bad_profile", id="the word for no profile"),
        pytest.param("balanced", {}, "bad_profile", id="a name that came with the program"),
        pytest.param("x", {"proxy.port": 9}, "bad_profile", id="a port is no routing"),
        pytest.param("x", {"routing.profile": "y"}, "bad_profile", id="a profile in a profile"),
        pytest.param("x", {"routing.what": 1}, "bad_profile", id="a setting that is none"),
        pytest.param(
            "x", {"routing.strategy": "best"}, "bad_setting", id="a strategy that is none"
        ),
        pytest.param("x", {"routing.wait_for_reset_s": 9999}, "bad_setting", id="out of range"),
    ],
)
def test_a_profile_that_would_do_more_or_nothing_is_refused(
    name: str, values: dict[str, Value], code: str
) -> None:
    with pytest.raises(CoreError) as caught:
        make_profile(name, values)
    assert caught.value.code == code


def test_numbers_are_kept_as_the_setting_has_them() -> None:
    made = make_profile("mine", {"routing.soft_threshold_week": 7})
    assert made.values == {"routing.soft_threshold_week": 7.0}
    assert isinstance(made.values["routing.soft_threshold_week"], float)
