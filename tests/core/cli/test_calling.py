"""One verb from the command line: what the caller's own place adds, and who is asked for what."""

import asyncio
import getpass
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.cli import calling
from core.control.commands import VERBS
from core.control.endpoint import Endpoint
from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode
from core.runtime.paths import Home
from tests.core.control.engines import ScriptedFacade

LOCKED = CoreError("locked", "It is locked.", "Unlock it.", exit_code=ExitCode.LOCKED)
NO_KEY = CoreError("no_key_slot", "There is no keyring.", "", exit_code=ExitCode.LOCKED)


class Sealed(ScriptedFacade):
    """An owner whose verbs want a passphrase; remembers what each attempt gave."""

    def __init__(self, error: CoreError) -> None:
        super().__init__()
        self.error = error
        self.given: list[JsonValue] = []

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        self.given.append(arguments.get("passphrase"))
        if not arguments.get("passphrase"):
            raise self.error
        return {}


class Unconfirmed(ScriptedFacade):
    """An owner whose verb wants a yes; remembers what each attempt gave."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[JsonValue] = []

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        self.given.append(arguments.get("yes"))
        if not arguments.get("yes"):
            raise CoreError("confirmation_needed", "This cannot be taken back.", "Add --yes.")
        return {}


class Terminal:
    """A person who types passphrases, or nobody."""

    def __init__(self, *answers: str, tty: bool = True) -> None:
        self.answers = list(answers)
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty

    def answer(self, prompt: str) -> str:
        return self.answers.pop(0)

    def readline(self) -> str:
        return self.answers.pop(0)


class Caller:
    """Somebody who types `import` beside an owner."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self._home = Home(root=home)
        self._patch = patch

    async def call(self, facade: Sealed, terminal: Terminal, *, may_ask: bool = True) -> None:
        self._home.create()
        endpoint = Endpoint(self._home.control, facade)
        await endpoint.start()
        self._patch.setattr(sys, "stdin", terminal)
        self._patch.setattr(getpass, "getpass", terminal.answer)
        environment = {"TURNTABLE_HOME": str(self._home.root)}
        try:
            await asyncio.to_thread(
                calling.call, VERBS["import"], {}, environment, None, may_ask=may_ask
            )
        finally:
            await endpoint.close()


@pytest.fixture
def caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    return Caller(tmp_path, monkeypatch)


async def test_who_sits_at_a_terminal_is_asked_for_the_passphrase(caller: Caller) -> None:
    facade = Sealed(LOCKED)

    await caller.call(facade, Terminal("fake words"))

    assert facade.given == [None, "fake words"]


async def test_a_new_passphrase_is_asked_for_twice(
    caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    facade = Sealed(NO_KEY)

    await caller.call(facade, Terminal("fake words", "fake words"))

    assert facade.given == [None, "fake words"]
    assert "it is not stored" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "answers", "told"),
    [
        pytest.param(NO_KEY, ["fake words", "fake wrods"], "differ", id="they differ"),
        pytest.param(NO_KEY, [""], "No passphrase was typed", id="no new one"),
        pytest.param(LOCKED, [""], "No passphrase was typed", id="none at all"),
    ],
)
async def test_a_passphrase_that_is_none_changes_nothing(
    caller: Caller, error: CoreError, answers: list[str], told: str
) -> None:
    facade = Sealed(error)

    with pytest.raises(CoreError, match=told) as refused:
        await caller.call(facade, Terminal(*answers))

    assert refused.value.exit_code is ExitCode.USAGE
    assert facade.given == [None]


@pytest.mark.parametrize(
    ("tty", "may_ask"),
    [
        pytest.param(False, True, id="nobody is there"),
        pytest.param(True, False, id="a script reads the answer"),
    ],
)
async def test_nobody_else_is_asked(caller: Caller, tty: bool, may_ask: bool) -> None:
    with pytest.raises(CoreError) as refused:
        await caller.call(Sealed(LOCKED), Terminal(tty=tty), may_ask=may_ask)

    assert refused.value.exit_code is ExitCode.LOCKED


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        pytest.param("y\n", [None, True], id="yes"),
        pytest.param("n\n", [None], id="no"),
        pytest.param("\n", [None], id="nothing is no"),
    ],
)
async def test_what_cannot_be_taken_back_is_done_after_a_yes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    given: list[JsonValue],
) -> None:
    home = Home(root=tmp_path)
    home.create()
    facade = Unconfirmed()
    endpoint = Endpoint(home.control, facade)
    await endpoint.start()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    verb, environment = VERBS["reset-credits"], {"TURNTABLE_HOME": str(tmp_path)}
    arguments: dict[str, JsonValue] = {"account": "#1", "redeem": True}
    call = asyncio.to_thread(calling.call, verb, arguments, environment, None, may_ask=True)
    try:
        if len(given) == 1:
            with pytest.raises(CoreError, match="Nothing was done"):
                await call
        else:
            await call
    finally:
        await endpoint.close()
    assert facade.given == given
    assert "This cannot be taken back." in capsys.readouterr().err


async def test_what_is_no_matter_of_passphrases_is_not_asked(caller: Caller) -> None:
    with pytest.raises(CoreError, match="What"):
        await caller.call(Sealed(CoreError("why", "What.")), Terminal())


def test_a_relative_file_is_meant_from_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {"TURNTABLE_HOME": str(tmp_path / "t"), "PATH": ""}

    with pytest.raises(CoreError) as error:
        calling.call(VERBS["import"], {"file": "other.json"}, environment, None, may_ask=False)

    assert str(tmp_path / "other.json") in error.value.message


def test_the_callers_codex_home_counts(tmp_path: Path) -> None:
    (tmp_path / "codex").mkdir()
    environment = {
        "TURNTABLE_HOME": str(tmp_path / "t"),
        "CODEX_HOME": str(tmp_path / "codex"),
        "PATH": "",
    }

    answer = calling.call(VERBS["bind"], {"action": "status"}, environment, None, may_ask=False)

    assert answer["codex_home"] == str(tmp_path / "codex")


class AsksTwice(Sealed):
    """First the vault is locked, then the file is sealed."""

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        if not arguments.get("passphrase"):
            raise LOCKED
        if not arguments.get("file_passphrase"):
            raise CoreError("store_locked", "The file is sealed.", exit_code=ExitCode.LOCKED)
        self.given = [arguments["passphrase"], arguments["file_passphrase"]]
        return {}


async def test_two_passphrases_are_asked_for_one_after_the_other(caller: Caller) -> None:
    facade = AsksTwice(LOCKED)

    await caller.call(facade, Terminal("of the vault", "of the file"))

    assert facade.given == ["of the vault", "of the file"]


async def test_a_passphrase_that_was_given_and_is_wrong_is_not_asked_for_again(
    caller: Caller,
) -> None:
    wrong = CoreError("store_locked", "It does not open.", exit_code=ExitCode.LOCKED)

    class NeverOpens(Sealed):
        async def perform(
            self, verb: str, arguments: Mapping[str, JsonValue]
        ) -> dict[str, JsonValue]:
            self.given.append(arguments.get("file_passphrase"))
            raise wrong

    facade = NeverOpens(wrong)
    with pytest.raises(CoreError, match="does not open"):
        await caller.call(facade, Terminal("a guess", "another"))

    assert facade.given == [None, "a guess"]
