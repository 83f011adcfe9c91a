"""The gallery of docs/: `python -m tests.tray.gallery FOLDER [--only NAME]` paints every picture.

Fixed data, a fixed time, one family of fonts: the same command gives the same pictures.
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtWidgets import QApplication, QTableView, QWidget
from shiboken6 import delete

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.domain.sentence import Sentence
from core.runtime.language import local_speech
from core.words.speech import Speech, english
from tests.tray.gallery_world import Answers, empty, many, said_report, told_today, trouble, usual
from tests.tray.pictures import GROUNDS, icon_sheet
from tests.tray.snapshots import NOW, snapshot
from tray.dialogs.passphrase import PassphraseDialog
from tray.dialogs.sign_in import SignInDialog
from tray.dialogs.start_failed import StartFailedDialog
from tray.icon import IconPainter
from tray.menu import TrayMenu
from tray.panel import GlancePanel
from tray.parts.chart_library import load
from tray.present.answer import Answer, Answered
from tray.present.entries import Perform, SignIn
from tray.present.gauge import gauge
from tray.present.menu import menu
from tray.present.notices import failure, happened
from tray.present.panel import panel
from tray.style import dress
from tray.theme import Panel, Scheme
from tray.windows.main_window import MainWindow
from tray.windows.page_name import PageName
from tray.windows.welcome import WelcomeWindow

_FAMILIES = ["DejaVu Sans", "Noto Sans CJK SC"]
_POINTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a picture is taken."""

    scheme: Scheme = Scheme.LIGHT
    scale: float = 1.0
    mirrored: bool = False
    speech: Speech = field(default_factory=english)


def window_picture(
    page: PageName, report: StatusReport, setting: Setting, answering: Answers
) -> MainWindow:
    """The main window on one page."""
    if page is PageName.USAGE:
        load()
    report = said_report(report, setting.speech)
    made = MainWindow(setting.speech, answering.speaking(setting.speech))
    icon = IconPainter().icon(gauge(report, NOW), Panel.UNKNOWN)
    made.show_status(report, icon, menu(report, speech=setting.speech, now=NOW, at_login=True), NOW)
    made.bring_up(page)
    if report.accounts:
        for happening, ago in told_today():
            at = NOW - ago
            notice = happened(happening, now=at, speech=setting.speech)
            made.messages.keep(notice, at, NOW)
    if setting.scale > 1:
        made.resize(1400, 900)
    return made


def panel_picture(report: StatusReport, setting: Setting) -> GlancePanel:
    """The glance panel, with one row open."""
    report = said_report(report, setting.speech)
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
