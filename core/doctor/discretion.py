"""Keeps people's names out of what is handed to a stranger: words and texts in, masked texts out.

Pure. Secrets are masked before it (`core.runtime.logs.redact`); this is about who somebody is and
what they work on: labels, e-mails, workspaces, folders.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_EMAIL = re.compile(r"[^\s@\"'<>(),;:=]+@[^\s@\"'<>(),;:=]+\.[A-Za-z][A-Za-z-]+")
_PATH = re.compile(r"(?<![\w~./:)])(?:~|[A-Za-z]:)?(?:[\\/][^\s\"'`<>|,;:()…]+)+")
"""A path of any system; not that of an address, which follows a word, nor one below a folder of
ours, which follows its stand-in."""
_ADDRESS = re.compile(r"\b((?:https?|wss?)://)(?:[^\s@/\"']*@)?([^\s/\"']+)(/[^\s\"']*)?")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """What must not be told, and what is said instead.

    Attributes:
        words: names of people and their things, each with what stands for it.
        folders: whole paths with what stands for each, the deepest first.
        hosts: hosts that may be named; others become `(host)`.
    """

    words: Mapping[str, str]
    folders: Sequence[tuple[str, str]]
    hosts: frozenset[str]

    def mask(self, text: str) -> str:
        """The text without them."""
        text = _EMAIL.sub("(e-mail)", text)
        for folder, stands in self.folders:
            text = text.replace(folder, stands)
        text = _ADDRESS.sub(self._address, text)
        text = _PATH.sub(lambda found: "~/…" if found[0].startswith("~") else "(path)", text)
        for word in sorted(self.words, key=len, reverse=True):
            pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
            text = re.sub(pattern, self.words[word].replace("\\", r"\\"), text, flags=re.IGNORECASE)
        return text

    def _address(self, found: re.Match[str]) -> str:
        host = found[2]
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        known = name in self.hosts or name in _LOOPBACK
        return f"{found[1]}{host if known else '(host)'}{'/…' if found[3] else ''}"


def masked(value: object, discretion: Discretion) -> object:
    """A JSON value with every text in it masked; keys are ours, and stay."""
    match value:
        case str():
            return discretion.mask(value)
        case Mapping():
            return {key: masked(item, discretion) for key, item in value.items()}
        case list():
            return [masked(item, discretion) for item in value]
        case _:
            return value


def stand_ins(people: Iterable[tuple[int, Iterable[str]]]) -> dict[str, str]:
    """Every name of each account → its `#N`; a name that two of them share becomes the first's."""
    words: dict[str, str] = {}
    for number, names in people:
        for name in names:
            if name.strip():
                words.setdefault(name.strip(), f"#{number}")
    return words
