"""Which language and time zone the person at this machine has."""

from core.runtime.clock import SystemClock
from core.words.speech import Speech, english


def local_speech() -> Speech:
    """English in the machine's own time zone."""
    zone = SystemClock().now().astimezone().tzinfo
    return english() if zone is None else english(zone)
