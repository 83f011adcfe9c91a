"""Profiles in settings.toml: over the file, under the environment, and named as the source."""

from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.domain.profiles import make_profile
from core.storage.settings_edits import drop_profile, put_profile, set_in_file
from core.storage.settings_file import Configuration, Source, read_configuration

MINE = make_profile("mine", {"routing.strategy": "random", "routing.wait_for_reset_s": 7})
BY_HAND = """\
# mine
[routing]
strategy = "least-used"  # by hand
profile = "mine"

[profiles.mine]  # for the night
strategy = "sticky"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def read(path: Path, *, overrides: dict[str, str] | None = None, **env: str) -> Configuration:
    return read_configuration(path, environment=env, overrides=overrides)


def test_a_profile_lies_over_the_file_and_is_named_as_the_source(path: Path) -> None:
    path.write_text(BY_HAND)
    found = read(path)
    assert found.settings.routing.strategy == "sticky"
    assert found.explain("routing.strategy").source is Source.PROFILE
    assert found.explain("routing.profile").source is Source.FILE
    assert found.explain("routing.continuity").source is Source.DEFAULT
    assert found.in_file == {"routing.strategy": "least-used", "routing.profile": "mine"}
    assert found.warnings == ()


def test_the_environment_and_the_command_line_speak_after_a_profile(path: Path) -> None:
    path.write_text(BY_HAND)
    found = read(path, TURNTABLE_ROUTING_STRATEGY="weighted")
    assert found.settings.routing.strategy == "weighted"
    assert found.explain("routing.strategy").source is Source.ENVIRONMENT
    found = read(path, overrides={"routing.strategy": "random"})
    assert found.settings.routing.strategy == "random"


def test_whoever_speaks_last_names_the_profile(path: Path) -> None:
    path.write_text(BY_HAND)
    found = read(path, TURNTABLE_ROUTING_PROFILE="aggressive")
    assert found.settings.routing.strategy == "drain-first"
    found = read(
        path, overrides={"routing.profile": "none"}, TURNTABLE_ROUTING_PROFILE="aggressive"
    )
    assert found.settings.routing.strategy == "least-used"
    assert read(path, TURNTABLE_ROUTING_PROFILE="").settings.routing.strategy == "least-used"


def test_a_profile_is_kept_beside_what_a_person_wrote(path: Path) -> None:
    path.write_text('# mine\n[log]\nlevel = "debug" # why not\n')
    put_profile(path, MINE)
    assert path.read_text().startswith('# mine\n[log]\nlevel = "debug" # why not\n')
    assert read(path).profiles["mine"] == MINE
    assert read(path).settings.routing.strategy == "balanced", "it is kept, and not used"
    set_in_file(path, "routing.profile", "mine")
    assert read(path).settings.routing.wait_for_reset_s == 7


def test_a_profile_is_replaced_whole(path: Path) -> None:
    path.write_text(BY_HAND)
    put_profile(path, MINE)
    assert read(path).profiles["mine"] == MINE
    assert "# mine" in path.read_text()


def test_a_profile_is_taken_out_and_what_came_with_the_program_stays(path: Path) -> None:
    put_profile(path, MINE)
    assert drop_profile(path, "mine")
    assert not drop_profile(path, "mine")
    assert not drop_profile(path, "balanced")
    assert list(read(path).profiles) == ["balanced", "conservative", "aggressive"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("profiles = 3\n", "profiles is a section", id="no section"),
        pytest.param("[profiles]\nmine = 3\n", "profiles.mine is a section", id="no profile"),
        pytest.param("[profiles.mine]\nport = 1\n", "[profiles.mine]", id="no routing"),
        pytest.param('[profiles.mine]\nstrategy = "x"\n', "[profiles.mine]", id="no strategy"),
        pytest.param("[profiles.none]\n", "[profiles.none]", id="the word for no profile"),
        pytest.param("[profiles.balanced]\n", "[profiles.balanced]", id="not the user's"),
    ],
)
def test_a_broken_profile_is_named_with_its_file(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(CoreError) as caught:
        read(path)
    assert caught.value.code == "config_invalid"
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_a_profile_that_is_not_there_is_not_written_and_not_passed_over(path: Path) -> None:
    with pytest.raises(CoreError, match="there is no profile missing"):
        set_in_file(path, "routing.profile", "missing")
    assert not path.exists()
    path.write_text('[routing]\nprofile = "missing"\n')
    with pytest.raises(CoreError, match="there is no profile missing") as caught:
        read(path)
    assert caught.value.hint == "There are: balanced, conservative, aggressive."


def test_there_is_an_end_to_profiles(path: Path) -> None:
    path.write_text("".join(f"[profiles.p{number}]\n" for number in range(50)))
    with pytest.raises(CoreError, match="50 profiles already"):
        put_profile(path, MINE)
