"""settings.toml is edited by people and by us: their words stay, their mistakes are named."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import CoreError, ExitCode
from core.domain.profiles import IN_USE
from core.domain.settings import Settings, Value, declarations, value_of
from core.storage.settings_edits import set_in_file, unset_in_file
from core.storage.settings_file import Explained, Source, read_configuration, variable
from tests.core.storage.samples import everything_under

BY_HAND = """\
# My settings
[proxy]          # the listener
port = 9000      # because 8791 is taken

[future]
colour = "red"

[log]
level = 'info'
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "settings.toml"


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def refused(path: Path, **sources: dict[str, str]) -> CoreError:
    with pytest.raises(CoreError) as failure:
        read_configuration(path, **{"environment": {}, **sources})
    assert failure.value.exit_code is ExitCode.USAGE
    return failure.value


def test_without_a_file_everything_is_at_its_default(path: Path) -> None:
    found = read_configuration(path, environment={})
    assert (found.settings, found.warnings) == (Settings(), ())
    assert found.explain("proxy.port") == Explained(value=8791, source=Source.DEFAULT)
    assert not path.parent.exists()


def test_the_later_source_wins_and_is_named(path: Path) -> None:
    write(path, "[proxy]\nport = 1001\nmax_body = 2048\n[log]\nlevel = 'debug'\n")
    found = read_configuration(
        path,
        environment={"TURNTABLE_PROXY_PORT": "1002", "TURNTABLE_LOG_LEVEL": "error"},
        overrides={"proxy.port": "1003"},
    )
    assert {key: found.explain(key) for key in ("proxy.port", "log.level", "proxy.max_body")} == {
        "proxy.port": Explained(value=1003, source=Source.COMMAND_LINE),
        "log.level": Explained(value="error", source=Source.ENVIRONMENT),
        "proxy.max_body": Explained(value=2048, source=Source.FILE),
    }


def test_a_setting_that_widens_trust_counts_only_in_the_file(path: Path) -> None:
    environment = {variable("upstream.allow_custom"): "true"}
    found = read_configuration(path, environment=environment)
    assert not found.settings.upstream.allow_custom
    assert "TURNTABLE_UPSTREAM_ALLOW_CUSTOM was passed over" in found.warnings[0]
    error = refused(path, overrides={"upstream.allow_custom": "true"})
    assert error.code == "bad_setting"
    write(path, "[upstream]\nallow_custom = true\n")
    assert read_configuration(path, environment={}).settings.upstream.allow_custom


def test_what_we_do_not_know_is_named_and_passed_over(path: Path) -> None:
    write(path, BY_HAND + "[ui]\ntheme = 'dark'\n")
    found = read_configuration(path, environment={"TURNTABLE_PROXY_PROT": "1"})
    assert found.settings.proxy.port == 9000
    assert [warning.split(":")[0 if "PROT" in warning else 1] for warning in found.warnings] == [
        " there is no setting future.colour; it was passed over.",
        " there is no setting ui.theme; it was passed over.",
        "TURNTABLE_PROXY_PROT",
    ]


def test_other_variables_of_ours_are_no_settings(path: Path) -> None:
    environment = {"TURNTABLE_HOME": "x", "TURNTABLE_PASSPHRASE": "y", "PATH": "z"}
    assert read_configuration(path, environment=environment).warnings == ()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("[proxy]\nport = 'high'\n", "line 2: proxy.port: ", id="wrong type"),
        pytest.param("[proxy]\n\nport = 70000\n", "line 3: proxy.port: ", id="out of range"),
        pytest.param("proxy.port = true\n", "line 1: proxy.port: ", id="dotted key"),
        pytest.param("[log]\nlevel = 'loud'\n", "line 2: log.level: ", id="no such word"),
        pytest.param("[proxy]\norigins = [1]\n", "line 2: proxy.origins: ", id="list of numbers"),
        pytest.param("[proxy]\nport = 1979-05-27\n", "line 2: proxy.port: ", id="a date"),
        pytest.param("[log]\nlevel = 'x'\n[proxy]\nport = 1\n", "line 2: log.level", id="first"),
        pytest.param("x = { level = 1 }\nlog = 3\n", "line 2: log is a section", id="no section"),
        pytest.param("log = {level = 1}\n", "settings.toml: log.level", id="line not known"),
        pytest.param("[proxy\n", "line 1, column 7: ", id="no TOML"),
        pytest.param("[proxy]\nport = 1\nport = 2\n", "line 3, column 9: ", id="said twice"),
        pytest.param('a = """\n', "end of document: ", id="not closed"),
        pytest.param(b"# caf\xe9\n", "line 1: not UTF-8", id="another encoding"),
        pytest.param("x = " + "[" * 9000, "nested too deep", id="nested without end"),
    ],
)
def test_a_mistake_in_the_file_is_named_and_nothing_counts(
    path: Path, text: str | bytes, where: str
) -> None:
    write(path, text)
    error = refused(path)
    assert error.code == "config_invalid"
    assert error.message.startswith(str(path))
    assert where in error.message
    assert everything_under(path.parent) == {
        "settings.toml": text if isinstance(text, bytes) else text.encode()
    }


def test_a_mistake_in_a_variable_names_the_variable(path: Path) -> None:
    error = refused(path, environment={"TURNTABLE_PROXY_PORT": "many"})
    assert error.code == "bad_setting"
    assert error.message.startswith("TURNTABLE_PROXY_PORT: ")


def test_an_unknown_setting_on_the_command_line_is_refused(path: Path) -> None:
    assert refused(path, overrides={"proxy.prot": "1"}).code == "unknown_setting"


def test_setting_one_value_leaves_every_other_byte(path: Path) -> None:
    write(path, BY_HAND)
    assert set_in_file(path, "proxy.port", "9100") == 9100
    assert path.read_text() == BY_HAND.replace("9000", "9100")


def test_unsetting_takes_the_line_and_nothing_else(path: Path) -> None:
    write(path, BY_HAND)
    assert unset_in_file(path, "proxy.port")
    assert path.read_text() == BY_HAND.replace("port = 9000      # because 8791 is taken\n", "")
    assert not unset_in_file(path, "proxy.port")
    assert read_configuration(path, environment={}).settings.proxy.port == 8791


def test_windows_line_ends_and_a_byte_order_mark_survive(path: Path) -> None:
    content = "\ufeff[proxy]\r\nport = 9000 # mine\r\n".encode()
    write(path, content)
    set_in_file(path, "proxy.port", "9100")
    assert path.read_bytes() == content.replace(b"9000", b"9100")


def test_the_first_setting_makes_the_file_for_us_alone(path: Path) -> None:
    set_in_file(path, "proxy.origins", "http://localhost:3000, http://localhost:3001")
    assert path.stat().st_mode & 0o777 == 0o600
    origins = read_configuration(path, environment={}).settings.proxy.origins
    assert origins == ("http://localhost:3000", "http://localhost:3001")


def test_a_wrong_value_in_the_file_can_be_set_right(path: Path) -> None:
    write(path, "[proxy]\nport = 'high'\n")
    set_in_file(path, "proxy.port", "9000")
    assert read_configuration(path, environment={}).settings.proxy.port == 9000


@pytest.mark.parametrize(
    ("text", "key", "value", "code"),
    [
        pytest.param(BY_HAND, "proxy.port", "many", "bad_setting", id="wrong value"),
        pytest.param(BY_HAND, "proxy.port", "0", "bad_setting", id="out of range"),
        pytest.param(BY_HAND, "proxy.prot", "1", "unknown_setting", id="no such setting"),
        pytest.param("[proxy\n", "proxy.port", "1", "config_invalid", id="file is no TOML"),
        pytest.param("proxy = 3\n", "proxy.port", "1", "config_invalid", id="no section"),
    ],
)
def test_what_cannot_be_set_leaves_the_file_as_it_is(
    path: Path, text: str, key: str, value: str, code: str
) -> None:
    write(path, text)
    with pytest.raises(CoreError) as failure:
        set_in_file(path, key, value)
    assert (failure.value.code, failure.value.exit_code) == (code, ExitCode.USAGE)
    assert everything_under(path.parent) == {"settings.toml": text.encode()}


def test_unsetting_what_is_no_setting_is_refused(path: Path) -> None:
    with pytest.raises(CoreError) as failure:
        unset_in_file(path, "proxy.prot")
    assert failure.value.code == "unknown_setting"


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "settings.toml"
    write(kept, BY_HAND)
    path.parent.mkdir()
    path.symlink_to(kept)
    set_in_file(path, "proxy.port", "9100")
    assert path.is_symlink()
    assert kept.read_text() == BY_HAND.replace("9000", "9100")


def texts_of(key: str) -> st.SearchStrategy[str]:
    """Values of a setting, as typed."""
    declaration, default = declarations()[key], value_of(Settings(), key)
    if declaration.choices:
        return st.sampled_from(declaration.choices)
    match default:
        case bool():
            return st.sampled_from(["true", "false"])
        case int() | float():
            low, high = declaration.minimum or 0, declaration.maximum or 9
            return st.integers(int(low) + 1, int(high)).map(str)
        case _:
            return st.text("aé\"'\\#\n\t[]=,", max_size=6)


def changes() -> st.SearchStrategy[list[tuple[str, str | None]]]:
    def change(key: str) -> st.SearchStrategy[tuple[str, str | None]]:
        return st.tuples(st.just(key), st.none() | texts_of(key))

    # A profile is told by its own tests: what it says is not what the file says.
    keys = [key for key in declarations() if key != IN_USE]
    return st.lists(st.sampled_from(keys).flatmap(change), max_size=8)


STARTS = ["", BY_HAND, "proxy = {port = 4}\n", "proxy.port = 4\nlog.level = 'info'\n", "[x]\ny=1"]


@pytest.mark.timeout(60)
@given(start=st.sampled_from(STARTS), changes=changes())
@settings(max_examples=40, deadline=None)  # each change is two fsyncs of a disk that may be busy
def test_any_row_of_changes_is_what_is_read_afterwards(
    tmp_path_factory: pytest.TempPathFactory, start: str, changes: list[tuple[str, str | None]]
) -> None:
    path = tmp_path_factory.mktemp("home") / "settings.toml"
    write(path, start)
    expected: dict[str, Value] = {}
    untouched = {key for key in declarations() if key not in dict(changes)}
    before = read_configuration(path, environment={})
    for key, text in changes:
        if text is None:
            unset_in_file(path, key)
            expected[key] = value_of(Settings(), key)
        else:
            expected[key] = set_in_file(path, key, text)
    after = read_configuration(path, environment={})
    assert {key: value_of(after.settings, key) for key in expected} == expected
    assert {key: after.explain(key) for key in untouched} == {
        key: before.explain(key) for key in untouched
    }
    assert after.warnings == before.warnings
    tomllib.loads(path.read_text())
