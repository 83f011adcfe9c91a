"""What happened, in sentences: the account's name first, clock times, no blame."""

from datetime import datetime
from typing import assert_never

from core.domain.happening import Happening, HappeningKind
from core.words.quota import whole_percent, window_name
from core.words.speech import Speech


def told(happening: Happening, now: datetime, speech: Speech) -> str:
    """One sentence or two."""
    until = "" if happening.until is None else speech.clock(happening.until, now)
    match happening.kind:
        case HappeningKind.WAITING if until and happening.window is not None:
            return speech.say(
                "{name} is waiting until {time} ({window} limit). Codex continues on {other}.",
                name=happening.label,
                time=until,
                window=window_name(*happening.window, speech),
                other=happening.other,
            )
        case HappeningKind.WAITING if until:
            return speech.say(
                "{name} is waiting until {time}. Codex continues on {other}.",
                name=happening.label,
                time=until,
                other=happening.other,
            )
        case HappeningKind.WAITING:
            return speech.say(
                "{name} is waiting. Codex continues on {other}.",
                name=happening.label,
                other=happening.other,
            )
        case HappeningKind.BACK:
            return speech.say("{name} is available again.", name=happening.label)
        case HappeningKind.LOW:
            return _low(happening, until, speech)
        case HappeningKind.EMPTY if until:
            return speech.say(
                "Nothing left until {time} ({name}). Codex will be told so.",
                time=until,
                name=happening.label,
            )
        case HappeningKind.EMPTY:
            return speech.say("No account can serve any more. Codex will be told so.")
        case HappeningKind.SIGN_IN:
            return speech.say("{name} needs a new sign-in.", name=happening.label)
        case HappeningKind.MOVED:
            return _moved(happening, speech)
        case HappeningKind.CREDIT:
            return speech.say(
                "A reset credit of {name} expires {time}.", name=happening.label, time=until
            )
        case HappeningKind.ROUTING:
            return speech.say("Turntable stopped routing; Codex uses its own login again.")
        case _:
            assert_never(happening.kind)


def _moved(happening: Happening, speech: Speech) -> str:
    if happening.count > 1:
        return speech.say(
            "{count} chats continue on {other}; their hidden reasoning stays behind.",
            count=happening.count,
            other=happening.other,
        )
    return speech.say(
        "Chat “{chat}” continues on {other}; its hidden reasoning stays behind.",
        chat=happening.chat or happening.thread[:13],
        other=happening.other,
    )


def title(happening: Happening, speech: Speech) -> str:
    """A few words above the sentence."""
    return happening.label or speech.say("Turntable")


def _low(happening: Happening, until: str, speech: Speech) -> str:
    kind, minutes = happening.window or ("", 0)
    values = {
        "name": happening.label,
        "window": window_name(kind, minutes, speech),
        # Rounded down as everywhere; a rest is never said to be nothing.
        "left": whole_percent(happening.left) or 1 if happening.left else 0,
    }
    if not until:
        return speech.say("{name}: {left:.0f} % left ({window}).", **values)
    return speech.say("{name}: {left:.0f} % left ({window}), resets {time}.", **values, time=until)
