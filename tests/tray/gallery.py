"""The gallery of docs/: `python -m tests.tray.gallery FOLDER [--only NAME]` paints every picture.

Fixed data, a fixed time, one family of fonts: the same command gives the same pictures.
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtWidgets import QApplication, QTableView, QWidget
from shiboken6 import delete

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.happening import Happening, HappeningKind
from core.domain.report import ReserveReport, StatusReport, VerdictReport
from core.domain.sentence import Sentence
from core.runtime.language import local_speech
from core.storage.faults import damaged
from core.words.speech import Speech, english
from tests.tray import answers, rule_answers, usage_answers
from tests.tray.pictures import GROUNDS, icon_sheet
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.dialogs.passphrase import PassphraseDialog
from tray.dialogs.sign_in import SignInDialog
from tray.dialogs.start_failed import StartFailedDialog
from tray.icon import IconPainter
from tray.menu import TrayMenu
from tray.panel import GlancePanel
from tray.parts.chart_library import load
from tray.present.answer import Answer, Answered, Ask
from tray.present.entries import Perform, SignIn
from tray.present.gauge import gauge
from tray.present.menu import menu
from tray.present.notices import failure, happened
from tray.present.panel import panel
from tray.present.welcome import FIND
from tray.style import dress
from tray.theme import Panel, Scheme
from tray.windows.main_window import MainWindow
from tray.windows.page_name import PageName
from tray.windows.welcome import WelcomeWindow

_FAMILIES = ["DejaVu Sans", "Noto Sans CJK SC"]
_POINTS = 10
_MINUTE = timedelta(minutes=1)
_ENOUGH = Sentence(
    "Enough: {label} has {percent} left.",
    label="Personal",
    percent=Sentence("{whole} %", whole=100),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a picture is taken."""

    scheme: Scheme = Scheme.LIGHT
    scale: float = 1.0
    mirrored: bool = False
    speech: Speech = field(default_factory=english)


def usual() -> StatusReport:
    """Five accounts, one waiting, one that wants a hand."""
    kept = ReserveReport(session=0, week=20, month=0)
    made = snapshot(
        replace(account(1, "Work", last_used=NOW - 2 * _MINUTE), in_flight=2, tags=("job",)),
        replace(account(2, "Personal", windows=(window(100), week(93))), reserve=kept),
        account(
            3, "Client A", plan="team", state="waiting", until=timedelta(hours=6),
            windows=(window(0, resets_in=timedelta(hours=6)), week(12)),
            last_used=NOW - 40 * _MINUTE,
        ),
        account(4, "Old laptop", state="needs_sign_in", windows=()),
        account(
            5, "R&D <b>snake_case</b>", plan="pro",
            windows=(window(8, age=timedelta(hours=3)), week(None)),
        ),
    )  # fmt: skip
    verdict = VerdictReport(state="enough", until=None, text=_ENOUGH)
    return replace(made, verdict=verdict)


def trouble() -> StatusReport:
    """Codex's settings were changed by somebody, and nobody can serve."""
    made = snapshot(
        account(
            1, "Work", state="waiting", until=timedelta(hours=6), windows=(window(0), week(40))
        ),
        account(2, "Personal", state="needs_sign_in", windows=()),
        serves=None,
        bind="drifted",
    )
    verdict = VerdictReport(
        state="empty",
        until=NOW + timedelta(hours=6),
        text=Sentence("Nothing left until {time} ({label}).", time="15:00", label="Work"),
    )
    return replace(made, verdict=verdict)


def empty() -> StatusReport:
    """The first start."""
    verdict = VerdictReport(state="empty", until=None, text=Sentence("No account yet."))
    return replace(snapshot(bind="unbound"), verdict=verdict)


def many() -> StatusReport:
    """Two hundred accounts, and the names that people give."""
    names = ("Work " * 60, "R&D & Co", "<b>bold</b>", "🦊 fox", "חשבון עבודה", "工作账户")
    return snapshot(*(account(n, names[n % 6] if n < 7 else f"Client {n}") for n in range(1, 201)))


class Answers:
    """Answers at once, as the engine would."""

    def __init__(self, *, well: bool = True, none: bool = False, refuses: str = "") -> None:
        self._well, self._none, self._refuses = well, none, refuses

    def speaking(self, speech: Speech) -> Ask:
        """Answers in the language of the person."""

        def ask(question: Perform, answered: Answered) -> None:
            made = self._answer(question)
            if isinstance(made, CoreError):
                told = (speech.retell(text) for text in (made.message, made.hint))
                answered(CoreError(made.code, *told))
            else:
                answered(_said(made, speech))

        return ask

    def _answer(self, question: Perform) -> Answer | CoreError:
        if self._refuses:
            return CoreError("refused", self._refuses, "Try again.")
        made = self._of_usage(question) or self._of_rules(question) or self._of_engine(question)
        if not self._well and question.verb in ("usage", "profile"):
            return damaged(Path("ledger.db"))
        if made is None:
            return CoreError("refused", f"{question.verb} was refused.", "This is a picture.")
        return Answer(made)

    def _of_usage(self, question: Perform) -> dict[str, JsonValue] | None:
        match question.verb:
            case "quota":
                return usage_answers.quota([] if self._none else None)
            case "usage":
                by = str(question.arguments.get("by"))
                return {"lines": [], "total": {}} if self._none else usage_answers.usage(by)
            case "forecast":
                return {"ahead": []} if self._none else usage_answers.forecast()
            case _:
                return None

    def _of_rules(self, question: Perform) -> dict[str, JsonValue] | None:
        if question.verb not in ("pool", "rule", "budget", "profile"):
            return None
        if self._none:
            return rule_answers.none(question.verb)
        if not self._well and question.verb == "rule":
            return rule_answers.none("rule") | {"unreadable": True}
        made = {
            "pool": rule_answers.pools,
            "rule": rule_answers.rules,
            "budget": rule_answers.budgets,
        }
        return made.get(question.verb, rule_answers.profiles)()

    def _of_engine(self, question: Perform) -> dict[str, JsonValue] | None:
        made: dict[str, JsonValue] | None = None
        match question.verb:
            case "import":
                made = answers.found() if question == FIND else {}
            case "startup":
                made = {"enabled": False}
            case "log":
                made = {"requests": []} if self._none else answers.log()
            case "why":
                made = {"requests": []} if self._none else answers.why()
            case "simulate":
                made = answers.simulated()
            case "doctor":
                made = answers.well() if self._well else answers.unwell()
            case "client":
                made = {"clients": []} if self._none else answers.clients()
            case "bind":
                made = answers.bind_diff()
            case "config":
                held: dict[str, tuple[JsonValue, str]] = {
                    "proxy.port": (9000, "settings.toml"),
                    "routing.strategy": ("sticky", "environment"),
                }
                made = answers.config(held)
        return made


def _said(answer: Answer, speech: Speech) -> Answer:
    told = answers.retold(dict(answer.whole()), speech)
    return Answer(told if isinstance(told, dict) else {})


def _said_report(report: StatusReport, speech: Speech) -> StatusReport:
    verdict = replace(report.verdict, text=speech.retell(report.verdict.text))
    return replace(report, verdict=verdict)


def window_picture(
    page: PageName, report: StatusReport, setting: Setting, answering: Answers
) -> MainWindow:
    """The main window on one page."""
    if page is PageName.USAGE:
        load()
    report = _said_report(report, setting.speech)
    made = MainWindow(setting.speech, answering.speaking(setting.speech))
    icon = IconPainter().icon(gauge(report, NOW), Panel.UNKNOWN)
    made.show_status(report, icon, menu(report, speech=setting.speech, now=NOW, at_login=True), NOW)
    made.bring_up(page)
    if report.accounts:
        for happening, ago in _told_today():
            at = NOW - ago
            notice = happened(happening, now=at, speech=setting.speech)
            made.messages.keep(notice, at, NOW)
    if setting.scale > 1:
        made.resize(1400, 900)
    return made


def _told_today() -> Iterator[tuple[Happening, timedelta]]:
    """What the page of messages is full of, the oldest first."""
    kinds, hour = HappeningKind, timedelta(hours=1)
    old, work, client = (AccountId(f"acc_{n}") for n in (4, 1, 3))
    yield Happening(kind=kinds.SIGN_IN, account=old, label="Old laptop"), 13 * hour
    yield Happening(kind=kinds.BACK, account=work, label="Work"), 2 * hour
    yield (
        Happening(
            kind=kinds.LOW, account=client, label="Client A", window=("week", 10080), left=12.0,
            until=NOW + timedelta(days=1),
        ),
        hour,
    )  # fmt: skip
    yield (
        Happening(
            kind=kinds.WAITING, account=client, label="Client A", other="Work",
            window=("session", 300), until=NOW + timedelta(hours=6),
        ),
        40 * _MINUTE,
    )  # fmt: skip
    yield (
        Happening(
            kind=kinds.MOVED, account=client, label="Client A", other="Work", thread="0199c3f4",
            chat="fix login", count=1,
        ),
        39 * _MINUTE,
    )  # fmt: skip


def panel_picture(report: StatusReport, setting: Setting) -> GlancePanel:
    """The glance panel, with one row open."""
    report = _said_report(report, setting.speech)
    made = GlancePanel(setting.speech)
    made.show_view(panel(report, speech=setting.speech, now=NOW))
    made.pop_up()
    made.open_row("acc_3")
    return made


def welcome_picture(report: StatusReport, setting: Setting) -> WelcomeWindow:
    """The first run."""
    made = WelcomeWindow(setting.speech, Answers().speaking(setting.speech))
    made.bring_up()
    made.show_status(report, IconPainter().icon(gauge(report, NOW), Panel.UNKNOWN), NOW)
    return made


def passphrase_picture(setting: Setting) -> PassphraseDialog:
    """The one question about secrets, with a wrong answer."""
    refuse = Answers(refuses="This passphrase does not open your logins; nothing was changed.")
    made = PassphraseDialog(setting.speech, refuse.speaking(setting.speech))
    made.open()
    made.try_it("fake-passphrase")
    return made


def start_failed_picture(setting: Setting) -> StartFailedDialog:
    """What a newer Turntable has left."""
    why = CoreError(
        "data_newer",
        Sentence(
            "{path} was written by a newer Turntable (format {version}); it was not touched.",
            path="/home/person/.local/share/turntable/vault.db",
            version=9,
        ),
        "Start the newer version, or point TURNTABLE_HOME at another folder.",
    )
    made = StartFailedDialog(why, setting.speech)
    made.open()
    return made


def code_picture(setting: Setting) -> SignInDialog:
    """A sign-in with a code, as a phone sees it."""
    told = Answer(
        {
            "session": "s1",
            "step": "type_code",
            "url": "https://auth.openai.com/codex/device",
            "user_code": "FAKE-1234",
        }
    )
    waiting = [told]

    def ask(question: Perform, answered: Answered) -> None:
        del question
        if waiting:
            answered(waiting.pop())

    made = SignInDialog(setting.speech, ask, SignIn(way="device"), lambda _: None)
    made.begin()
    return made


def menu_picture(report: StatusReport, setting: Setting) -> QWidget:
    """The menu as Qt draws it, where the desktop does not."""
    made = TrayMenu()
    made.show_entries(menu(report, speech=setting.speech, now=NOW, at_login=True))
    made.widget.popup(QPoint(0, 0))
    return made.widget


def pictures() -> Iterator[tuple[str, Setting, Callable[[Setting], QWidget]]]:
    """Name, how it is taken, and what makes it."""
    for scheme in Scheme:
        taken = Setting(scheme=scheme)
        yield f"panel-{scheme}", taken, partial(panel_picture, usual())
        yield from _pages(f"{scheme}", taken, usual(), Answers())
    light, large = Setting(), Setting(scale=2.0)
    yield "panel-trouble", light, partial(panel_picture, trouble())
    yield "panel-empty", light, partial(panel_picture, empty())
    yield "panel-many", light, partial(panel_picture, many())
    yield from _pages("empty", light, empty(), Answers(none=True))
    yield from _pages("trouble", light, trouble(), Answers(well=False))
    yield "usage-whole", light, partial(_whole, PageName.USAGE)
    yield "rules-whole", light, partial(_whole, PageName.RULES)
    yield "accounts-told", light, _told
    yield "accounts-several", light, _several
    yield "accounts-many", light, partial(_page, PageName.ACCOUNTS, many(), Answers())
    yield "welcome", light, partial(welcome_picture, empty())
    locked = snapshot(locked=True)
    yield "accounts-locked", light, partial(_page, PageName.ACCOUNTS, locked, Answers())
    yield "start-failed", light, start_failed_picture
    yield "passphrase", light, passphrase_picture
    for scheme in Scheme:
        yield f"code-{scheme}", Setting(scheme=scheme), code_picture
    yield "code-200", large, code_picture
    yield "menu", light, partial(menu_picture, usual())
    for language in ("de", "zh_CN"):
        spoken = Setting(speech=local_speech(language, {}))
        yield f"panel-{language}", spoken, partial(panel_picture, usual())
        yield f"menu-{language}", spoken, partial(menu_picture, usual())
        yield f"welcome-{language}", spoken, partial(welcome_picture, empty())
        yield from _pages(language, spoken, usual(), Answers())
        twice = replace(spoken, scale=2.0)
        yield (
            f"accounts-{language}-200",
            twice,
            partial(_page, PageName.ACCOUNTS, usual(), Answers()),
        )
    mirrored = Setting(mirrored=True)
    yield "panel-mirrored", mirrored, partial(panel_picture, usual())
    yield "accounts-mirrored", mirrored, partial(_page, PageName.ACCOUNTS, usual(), Answers())
    yield "panel-200", large, partial(panel_picture, usual())
    yield from _pages("200", large, usual(), Answers())


def _pages(
    suffix: str, setting: Setting, report: StatusReport, answering: Answers
) -> Iterator[tuple[str, Setting, Callable[[Setting], QWidget]]]:
    for page in PageName:
        yield f"{page}-{suffix}", setting, partial(_page, page, report, answering)


def _page(page: PageName, report: StatusReport, answering: Answers, setting: Setting) -> MainWindow:
    return window_picture(page, report, setting, answering)


def _whole(page: PageName, setting: Setting) -> MainWindow:
    made = window_picture(page, usual(), setting, Answers())
    made.resize(1280, 1720)
    return made


def _several(setting: Setting) -> MainWindow:
    made = window_picture(PageName.ACCOUNTS, usual(), setting, Answers())
    for table in made.pages[PageName.ACCOUNTS].findChildren(QTableView):
        table.selectAll()
    return made


def _told(setting: Setting) -> MainWindow:
    made = window_picture(PageName.ACCOUNTS, trouble(), setting, Answers())
    made.tell(failure(CoreError("refused", "config.toml is not valid TOML.", "Mend line 3.")))
    return made


def take(application: QApplication, folder: Path, only: str) -> None:
    """Paint what begins with `only` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, setting, make in pictures():
        if not name.startswith(only):
            continue
        font = QFont(_FAMILIES, round(_POINTS * setting.scale))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        application.setFont(font)
        sides = Qt.LayoutDirection
        application.setLayoutDirection(sides.RightToLeft if setting.mirrored else sides.LeftToRight)
        dress(application, setting.scheme)
        shown = make(setting)
        for _ in range(3):
            application.processEvents()
        _save(shown.grab(), folder / f"{name}.png")
        shown.hide()
        delete(shown)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _save(picture: QPixmap, path: Path) -> None:
    """With 256 colours, which is more than we have: a third of the bytes."""
    data = QBuffer()
    data.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(data, "PNG")
    with Image.open(BytesIO(bytes(data.data().data()))) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """See the module."""
    parser = ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    take(application, arguments.folder, arguments.only)
    for panel_ground, ground in GROUNDS.items():
        sheet = icon_sheet(panel_ground, ground, scale=1)
        _save(QPixmap.fromImage(sheet), arguments.folder / f"icons-{panel_ground}.png")
    application.quit()


if __name__ == "__main__":
    main()
