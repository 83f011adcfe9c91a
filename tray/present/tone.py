"""How grave a sentence is: a word that views colour, never the only carrier of a meaning."""

from enum import StrEnum


class Tone(StrEnum):
    """From plain to bad."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
