"""What a desktop entry starts: its `Exec` as words (Desktop Entry Specification 1.5). Pure."""

import re

_ESCAPES = {r"\s": " ", r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\\": "\\"}
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')


def started_by(text: str) -> tuple[str, ...]:
    """The words that start the entry's program without a file; none when it starts nothing.

    Args:
        text: the whole entry.
    """
    group, line = "", ""
    for raw in text.splitlines():
        if raw.startswith("["):
            group = raw.strip()
        key, _, value = raw.partition("=")
        if group == "[Desktop Entry]" and key.strip() == "Exec" and not line:
            line = value.strip()
    unescaped = re.sub(r"\\[sntr\\]", lambda found: _ESCAPES[found[0]], line)
    return tuple(word for word in map(_word, _WORD.finditer(unescaped)) if word)


def _word(found: re.Match[str]) -> str:
    """One word; a field code (`%u`) names what is opened, and nothing is."""
    if found[1] is not None:
        return re.sub(r'\\(["`$\\])', r"\1", found[1]).replace("%%", "%")
    return re.sub(r"%(.)", lambda code: "%" if code[1] == "%" else "", found[2])
