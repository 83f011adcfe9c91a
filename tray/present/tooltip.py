"""Two lines beside the icon: who serves and its first limit; the other limit and the traffic."""

from datetime import datetime

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.focus import account_in_focus
from tray.present.gauge import GaugeState, gauge
from tray.present.headline import account_title, details, headline
from tray.present.limits import limits_sentences

_TELLS_LIMITS = (GaugeState.ROUTING, GaugeState.PAUSED)


def tooltip(report: StatusReport, *, speech: Speech, now: datetime) -> str:
    """At most two lines, plain text."""
    account = account_in_focus(report)
    if account is None or gauge(report, now).state not in _TELLS_LIMITS:
        first = headline(report, speech=speech, now=now)
        return f"{first}\n{details(report, speech=speech, now=now)}"
    shortest, *others = limits_sentences(account, speech=speech, now=now)
    first = speech.say("{account} — {limit}", account=account_title(account), limit=shortest)
    return f"{first}\n{' · '.join([*others, _traffic(report, speech)])}"


def _traffic(report: StatusReport, speech: Speech) -> str:
    if report.rotation.mode == "paused":
        return speech.say("rotation paused")
    match report.proxy.in_flight:
        case 0:
            return speech.say("routing")
        case 1:
            return speech.say("routing 1 request")
        case count:
            return speech.say("routing {count} requests", count=count)
