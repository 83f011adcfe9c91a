"""Other people's words made fit for one line: cleaned, shortened, kept from reordering ours.

Labels, workspaces and plans come from users and from the back end. They may hold line breaks,
invisible controls, right-to-left scripts, or three hundred characters.
"""

import unicodedata

LONGEST = 32
"""Characters of a name in one line of menu or tooltip."""

_ELLIPSIS = "…"
_JOINERS = ("\u200c", "\u200d")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL")


def shown_name(text: str, longest: int = LONGEST) -> str:
    """The name on one line, at most `longest` characters long; never empty.

    A name with right-to-left letters is put between FIRST STRONG ISOLATE and POP DIRECTIONAL
    ISOLATE (UAX #9 §2.4.2), so that the percentages beside it keep their places.
    """
    cleaned = _one_line(text) or "?"
    short = cleaned if len(cleaned) <= longest else _cut(cleaned, longest - 1) + _ELLIPSIS
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in short):
        return f"{_ISOLATE}{short}{_END_ISOLATE}"
    return short


def shown_plan(plan: str) -> str:
    """`plus` → `Plus`; a word that we do not know is kept as it came."""
    return shown_name(plan.replace("_", " ").capitalize()) if plan.strip() else ""


def _one_line(text: str) -> str:
    """Without controls, line breaks and invisible direction marks; joiners of emoji stay."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    kept = (c for c in spaced if unicodedata.category(c) not in ("Cf", "Cs") or c in _JOINERS)
    return " ".join("".join(kept).split())


def _cut(text: str, length: int) -> str:
    """The first characters, never half of a joined or accented one."""
    end = length
    while end > 1 and (_continues(text[end]) or text[end - 1] in _JOINERS):
        end -= 1
    return text[:end].rstrip()


def _continues(letter: str) -> bool:
    """Whether the letter belongs to the one before it (marks, variation selectors, skin tones)."""
    skin_tone = "\U0001f3fb" <= letter <= "\U0001f3ff"
    return letter in _JOINERS or skin_tone or unicodedata.category(letter) in ("Mn", "Me")
