"""The live screen as lines of text (pure): never wider or longer than the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.cli.monitor_screen import Screen, shown, under_the_bar
from core.cli.reader import Reader, Record, columns
from core.cli.render import log_line
from core.domain.report import AccountReport, StatusReport, WindowReport
from core.words.quota import not_known, window_left, window_name
from core.words.state import state_words

LEAST_WIDTH = 20
_LONGEST_LABEL = 24
_REQUESTS = 6
"""Lines of the newest requests, where there is room for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line; the one under the bar is shown in reverse, headings are bold."""

    text: str
    bar: bool = False
    bold: bool = False


def lines(
    screen: Screen,
    report: StatusReport,
    requests: Sequence[Record],
    reader: Reader,
    *,
    width: int,
    height: int,
) -> tuple[Line, ...]:
    """The whole screen, `height` lines at the most.

    Args:
        screen: what the person looks at.
        report: the snapshot.
        requests: the newest, oldest first, as `log` tells them.
        reader: who reads.
        width: columns of the terminal.
        height: its lines.
    """
    head = [Line(text=_head(report, reader), bold=True), Line(text=report.verdict.text)]
    foot = [Line(text=_foot(screen, report, reader), bold=True)]
    body = _help(reader) if screen.help else _accounts(screen, report, reader, width)
    room = max(0, height - len(head) - len(foot) - 1)
    body, at = body[:], next((n for n, line in enumerate(body) if line.bar), 0)
    if len(body) > room:  # the chosen one stays in sight
        first = min(max(0, at - room // 2), len(body) - room)
        body = body[first : first + room]
    left = room - len(body) - 1
    tail = [Line(text=log_line(row, reader)) for row in requests[-_REQUESTS:]] if left > 0 else []
    tail = tail[-left:] if left > 0 else []
    blank = [Line(text="")]
    whole = [*head, *blank, *body, *(blank if tail else ()), *tail]
    whole += [Line(text="")] * (height - len(whole) - len(foot))
    fitted = [Line(text=fit(one.text, width), bar=one.bar, bold=one.bold) for one in whole + foot]
    return tuple(fitted[:height])


def fit(text: str, width: int) -> str:
    """The text in so many columns; wide letters take two, and nothing moves the cursor."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    if columns(clean) <= width:
        return clean
    kept = ""
    for letter in clean:
        if columns(kept + letter) > width - 1:
            break
        kept += letter
    return kept + "…" if width > 0 else ""


def padded(text: str, width: int) -> str:
    """The text in exactly so many columns."""
    fitted = fit(text, width)
    return fitted + " " * (width - columns(fitted))


def _head(report: StatusReport, reader: Reader) -> str:
    traffic = report.traffic.last_hour
    return reader.say(
        "Turntable {version} on {address} · under way: {now} · last hour: {served} served, "
        "{refused} refused",
        version=report.version,
        address=report.proxy.address or "–",
        now=report.proxy.in_flight,
        served=traffic.served + traffic.moved,
        refused=traffic.refused,
    )


def _accounts(screen: Screen, report: StatusReport, reader: Reader, width: int) -> list[Line]:
    accounts = shown(screen, report)
    if not accounts:
        text = "No account is called so." if screen.search else "No account yet."
        return [Line(text=reader.say(text))]
    chosen = under_the_bar(screen, report)
    name = min(_LONGEST_LABEL, max(columns(account.label) for account in accounts))
    found: list[Line] = []
    for number, account in enumerate(accounts, 1):
        is_chosen = account is chosen
        row = _row(number, account, report, reader, name=name)
        found.append(Line(text=padded(row, width) if is_chosen else row, bar=is_chosen))
        if is_chosen and screen.details:
            found += [Line(text=f"      {text}") for text in _details(account, reader)]
    return found


def _row(
    number: int, account: AccountReport, report: StatusReport, reader: Reader, *, name: int
) -> str:
    sign = "▶" if account.id == report.rotation.account else " "
    then = "→" if account.id == report.rotation.next else " "
    state = state_words(
        account.state, account.until, reader.now, reader.speech, reason=account.reason
    )
    left = " · ".join(_left(w, reader) for w in account.windows if w.scope == "all")
    busy = reader.say("under way: {count}", count=account.in_flight) if account.in_flight else ""
    parts = (state, left or not_known(reader.speech), busy)
    key = str(number) if number <= 9 else " "
    return f"{sign}{then}{key} {padded(account.label, name)}  " + "  ".join(p for p in parts if p)


def _left(window: WindowReport, reader: Reader) -> str:
    name = window_name(window.kind, window.minutes, reader.speech)
    if window.remaining is None:
        return reader.say("{name} unknown", name=name)
    return window_left(name, window.remaining, reader.speech)


def _details(account: AccountReport, reader: Reader) -> list[str]:
    lines = [f"#{account.number} · {account.plan} · {account.because}"]
    for window in account.windows:
        scope = "" if window.scope == "all" else f"{window.scope} "
        resets = ""
        if window.resets_at is not None:
            time = reader.speech.clock(window.resets_at, reader.now)
            resets = ", " + reader.say("resets {time}", time=time)
        lines.append(f"{scope}{_left(window, reader)}{resets}")
    if account.note:
        lines.append(account.note)
    return lines


def _help(reader: Reader) -> list[Line]:
    keys = (
        ("↑ ↓ 1–9", "choose an account"),
        ("Enter", "show its limits"),
        ("/", "search; Esc shows all again"),
        ("S", "use it first"),
        ("E", "pause it, or let it serve again"),
        ("R", "say how to sign in again"),
        ("D", "remove it (asks first; can be taken back for 7 days)"),
        ("? Q", "these keys; leave"),
    )
    return [Line(text=f"  {key:<9} {reader.say(text)}") for key, text in keys]


def _foot(screen: Screen, report: StatusReport, reader: Reader) -> str:
    if screen.removing is not None:
        label = next((a.label for a in report.accounts if a.id == screen.removing), "")
        return reader.say("Remove {name}? y / n", name=label)
    if screen.typing or screen.search:
        return reader.say("Search: {text}", text=screen.search) + ("▏" if screen.typing else "")
    return screen.message or reader.say("? keys · S use · E pause · / search · Q leave")
