"""What a terminal sends for a key (pure). Names for those that are no letter."""

import codecs
from enum import StrEnum


class Key(StrEnum):
    """A key that is no letter; letters are themselves."""

    UP = "up"
    DOWN = "down"
    ENTER = "enter"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    QUIT = "quit"
    """Ctrl-C or Ctrl-D: whatever is open, it ends."""


_SEQUENCES = {
    "\x1b[A": Key.UP,
    "\x1bOA": Key.UP,
    "\x1b[B": Key.DOWN,
    "\x1bOB": Key.DOWN,
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\x7f": Key.BACKSPACE,
    "\x08": Key.BACKSPACE,
    "\x03": Key.QUIT,
    "\x04": Key.QUIT,
    # Windows: two code units of `getwch`.
    "\xe0H": Key.UP,
    "\xe0P": Key.DOWN,
    "\x00H": Key.UP,
    "\x00P": Key.DOWN,
}
_ESCAPE = "\x1b"
_ENDS = range(0x40, 0x7F)
"""Final bytes of a control sequence (ECMA-48 §5.4)."""


class Keys:
    """Turns what is read into keys; a letter that came in two reads is put together."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, data: bytes) -> tuple[str, ...]:
        """The keys of one read; sequences that mean nothing here are passed over."""
        return keys_in(self._decoder.decode(data))


def keys_in(text: str) -> tuple[str, ...]:
    """The keys in a text as it came from a terminal in raw mode."""
    found: list[str] = []
    at = 0
    while at < len(text):
        known = next((s for s in _SEQUENCES if text.startswith(s, at)), None)
        if known is not None:
            found.append(_SEQUENCES[known])
            at += len(known)
        elif text[at] == _ESCAPE:
            length = _length_of_sequence(text, at)
            if length == 1:
                found.append(Key.ESCAPE)
            at += length
        else:
            if text[at].isprintable():
                found.append(text[at])
            at += 1
    return tuple(found)


def _length_of_sequence(text: str, at: int) -> int:
    """How much of the text one escape sequence takes; 1: it is the key alone."""
    if at + 1 >= len(text) or text[at + 1] not in "[O":
        return 1
    for end in range(at + 2, len(text)):
        if ord(text[end]) in _ENDS:
            return end + 1 - at
    return len(text) - at
