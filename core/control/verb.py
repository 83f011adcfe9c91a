"""What a verb is: a name, typed parameters, what it needs, and where the function is that does it.

A verb names its function (`module:function` below `core.control.verbs`) and imports it only when it
is performed: the command line reads the whole table to answer one word, and has no time for more.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, cast

from core.control.facade import JsonValue
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

if TYPE_CHECKING:
    from core.app import App


class Access(StrEnum):
    """What a verb needs when no owner runs; with an owner it is performed there."""

    FILES = "files"
    """Nothing but files that have their own locks: works whatever state the vault is in."""
    READ = "read"
    """The databases, read-only."""
    WRITE = "write"
    """The owner lock for the moment, the databases and the vault."""
    OWNER = "owner"
    """A running owner."""


class Kind(StrEnum):
    """What is typed for a parameter."""

    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    REST = "rest"
    """Every further word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a verb.

    Attributes:
        name: as in JSON; `--name` on the command line unless `positional`.
        help: one sentence.
        kind: what is typed.
        positional: without a name on the command line.
        required: must be given.
        choices: the only words.
        hidden: filled in by the face, never typed.
        metavar: how help calls its value; `NAME` unless given.
        least: the smallest number.
        most: the largest number.
    """

    name: str
    help: str
    kind: Kind = Kind.TEXT
    positional: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False
    metavar: str | None = None
    least: int | None = None
    most: int | None = None


class Arguments:
    """A verb's checked arguments, read by name and type; absent ones are None, False or empty."""

    def __init__(self, values: Mapping[str, JsonValue]) -> None:
        """`values` has passed `check`."""
        self._values = values

    def text(self, name: str) -> str | None:
        """A text that may be absent."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def required(self, name: str) -> str:
        """A text that `check` has seen."""
        value = self.text(name)
        if value is None:
            raise _usage(Sentence("{name} is missing.", name=name), "VERB")
        return value

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return self._values.get(name) is True

    def number(self, name: str) -> int | None:
        """A whole number that may be absent."""
        value = self._values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def rest(self, name: str) -> tuple[str, ...]:
        """Every further word."""
        value = self._values.get(name)
        return tuple(str(part) for part in value) if isinstance(value, list) else ()


type Perform = Callable[["App", Arguments], Awaitable[object]]
"""Does it; the answer is a value that `codec.to_json` knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One row of the table.

    Attributes:
        name: what is typed.
        summary: one line, for the list.
        function: `module:function`, a `Perform`.
        access: what it needs without an owner.
        parameters: its arguments.
        access_of: where the arguments decide what it needs.
    """

    name: str
    summary: str
    function: str
    access: Access
    parameters: tuple[Parameter, ...] = field(default=())
    access_of: Callable[[Arguments], Access] | None = None

    def perform(self) -> Perform:
        """The function, imported now."""
        module, _, name = self.function.partition(":")
        return cast("Perform", getattr(import_module(f"core.control.verbs.{module}"), name))

    def needs(self, arguments: Arguments) -> Access:
        """What this call needs without an owner."""
        return self.access if self.access_of is None else self.access_of(arguments)

    def check(self, values: Mapping[str, JsonValue]) -> Arguments:
        """The arguments, each known and of its type.

        Raises:
            CoreError: exit code usage, with the name of what does not fit.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise _usage(
                    Sentence("{verb} has no argument {name}.", verb=self.name, name=name),
                    self.name,
                )
        for parameter in self.parameters:
            _check_one(self.name, parameter, values.get(parameter.name))
        return Arguments(values)


def _check_one(verb: str, parameter: Parameter, value: JsonValue) -> None:
    if value is None:
        if parameter.required:
            raise _usage(f"{verb} needs {parameter.name.upper()}.", verb)
        return
    fits = {
        Kind.TEXT: isinstance(value, str),
        Kind.FLAG: isinstance(value, bool),
        Kind.NUMBER: isinstance(value, int) and not isinstance(value, bool),
        Kind.REST: isinstance(value, list),
    }
    if not fits[parameter.kind]:
        raise _usage(
            Sentence(
                "{verb}: {name} is not a {kind}.",
                verb=verb,
                name=parameter.name,
                kind=parameter.kind.value,
            ),
            verb,
        )
    if isinstance(value, int):
        low, high = parameter.least, parameter.most
        if (low is not None and value < low) or (high is not None and value > high):
            raise _usage(
                Sentence(
                    "{verb}: {name} is a number from {low} to {high}.",
                    verb=verb,
                    name=parameter.name,
                    low=low,
                    high=high,
                ),
                verb,
            )
    if parameter.choices and value not in parameter.choices:
        raise _usage(
            Sentence(
                "{verb}: {name} is one of {choices}.",
                verb=verb,
                name=parameter.name,
                choices=", ".join(parameter.choices),
            ),
            verb,
        )


def _usage(message: str, verb: str) -> CoreError:
    hint = Sentence("`turntable {verb} --help` says more.", verb=verb)
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
