"""Puts the tokens of `tray.theme` on an application: palette, style sheet, tabular digits."""

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from tray.theme import (
    GAP,
    GAP_MEDIUM,
    GAP_SMALL,
    RADIUS,
    Scheme,
    WindowColors,
    scheme_of,
    window_colors,
)

_WORN = "turntable-scheme"
_TABULAR = QFont.Tag("tnum")
CELL_PADDING = GAP_SMALL - 3
"""Pixels beside the words of a cell; Qt's own style adds three, and none to those in a heading."""


def scheme_wanted() -> Scheme:
    """What the desktop asks for now."""
    hints = QGuiApplication.styleHints()
    return scheme_of(hints.colorScheme(), hints.accessibility().contrastPreference())


def colors_in_force() -> WindowColors:
    """The colours that the application was dressed in; the desktop's wish before that."""
    return window_colors(scheme_in_force())


def scheme_in_force() -> Scheme:
    """The scheme that the application was dressed in; the desktop's wish before that."""
    application = QApplication.instance()
    worn = None if application is None else application.property(_WORN)
    return Scheme(worn) if worn else scheme_wanted()


def dress(application: QApplication, scheme: Scheme) -> None:
    """Give every window of the application the colours of this scheme."""
    if application.property(_WORN) == scheme.value:
        return
    application.setProperty(_WORN, scheme.value)
    colors = window_colors(scheme)
    if application.style().objectName() != "fusion":
        application.setStyle("fusion")
    application.setPalette(palette(colors))
    application.setStyleSheet(style_sheet(colors))


def palette(colors: WindowColors) -> QPalette:
    """Qt's roles, filled from the tokens."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, color in {
        roles.Window: colors.ground,
        roles.WindowText: colors.text,
        roles.Base: colors.surface,
        roles.AlternateBase: colors.ground,
        roles.Text: colors.text,
        roles.Button: colors.surface,
        roles.ButtonText: colors.text,
        roles.ToolTipBase: colors.surface,
        roles.ToolTipText: colors.text,
        roles.PlaceholderText: colors.muted,
        roles.Highlight: colors.soft,
        roles.HighlightedText: colors.text,
        roles.Link: colors.accent,
        roles.Accent: colors.accent,
        roles.Mid: colors.line,
    }.items():
        made.setColor(role, color)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, colors.muted)
    return made


def tabular(font: QFont, *, size: float = 1.0, bold: bool = False) -> QFont:
    """The font with digits of one width, `size` times as large."""
    made = QFont(font)
    made.setFeature(_TABULAR, 1)
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * size)
    else:
        made.setPixelSize(round(made.pixelSize() * size))
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def style_sheet(colors: WindowColors) -> str:
    """Everything that the palette cannot say."""
    c = {name: _css(getattr(colors, name)) for name in WindowColors.__slots__}
    return f"""
QToolTip {{ border: 1px solid {c["line"]}; padding: {GAP}px; }}
QFrame[role="card"] {{
  background: {c["surface"]}; border: 1px solid {c["line"]}; border-radius: {RADIUS}px;
}}
QFrame[role="banner"] {{
  background: {c["soft"]}; border: none; border-bottom: 1px solid {c["line"]};
}}
QFrame[role="rule"] {{ background: {c["line"]}; border: none; max-height: 1px; }}
QLabel[tone="muted"] {{ color: {c["muted"]}; }}
QLabel[tone="warn"] {{ color: {c["warn"]}; }}
QLabel[tone="bad"] {{ color: {c["bad"]}; }}
QLabel[tone="good"] {{ color: {c["accent"]}; }}
QLabel[role="code"] {{ font-family: "{_fixed_family()}"; }}
QPushButton {{
  background: {c["surface"]}; color: {c["text"]}; border: 1px solid {c["line"]};
  border-radius: {RADIUS - 2}px; padding: {GAP + 1}px {GAP_MEDIUM}px;
}}
QPushButton:hover {{ background: {c["soft"]}; border-color: {c["accent"]}; }}
QPushButton:pressed {{ background: {c["track"]}; }}
QPushButton:focus {{ border: 2px solid {c["accent"]}; padding: {GAP}px {GAP_MEDIUM - 1}px; }}
QPushButton:disabled {{
  color: {c["muted"]}; background: {c["ground"]}; border-style: dashed;
}}
QPushButton[role="main"] {{
  background: {c["accent"]}; color: {c["on_accent"]}; border-color: {c["accent"]};
}}
QPushButton[role="main"]:focus {{ border: 2px solid {c["text"]}; }}
QPushButton[role="main"]:disabled {{
  background: {c["track"]}; color: {c["muted"]}; border-color: {c["track"]};
}}
QLineEdit, QComboBox, QAbstractSpinBox {{
  background: {c["surface"]}; color: {c["text"]}; border: 1px solid {c["line"]};
  border-radius: {RADIUS - 2}px; padding: {GAP}px {GAP_SMALL}px;
  selection-background-color: {c["accent"]}; selection-color: {c["on_accent"]};
  {"" if colors.muted == colors.text else f"placeholder-text-color: {c['muted']};"}
}}
QComboBox::drop-down {{ border: none; width: 1.6em; }}
QComboBox::down-arrow {{
  width: 0; height: 0; border-left: 0.35em solid {c["surface"]};
  border-right: 0.35em solid {c["surface"]}; border-top: 0.4em solid {c["muted"]};
}}
QComboBox::down-arrow:disabled {{
  border-left-color: {c["ground"]}; border-right-color: {c["ground"]};
}}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{
  border: 2px solid {c["accent"]}; padding: {GAP - 1}px {GAP_SMALL - 1}px;
}}
QAbstractSpinBox, QAbstractSpinBox:focus {{ padding: {GAP - 1}px 0 {GAP - 2}px 0; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
  subcontrol-origin: border; width: 0; border: none;
}}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{
  border: none; padding: 0; background: transparent;
}}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{
  background: {c["ground"]}; color: {c["muted"]}; border-style: dashed;
}}
QListView[role="pages"] {{ background: transparent; border: none; outline: none; }}
QTableView {{
  background: {c["surface"]}; border: 1px solid {c["line"]}; border-radius: {RADIUS}px;
  outline: none; selection-background-color: {c["soft"]}; selection-color: {c["text"]};
}}
QTableView:focus {{ border: 1px solid {c["accent"]}; }}
QTableView::item {{ padding: 0 {CELL_PADDING}px; border: none; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{
  background: {c["surface"]}; color: {c["muted"]}; border: none;
  border-bottom: 1px solid {c["line"]}; padding: {GAP_SMALL}px;
}}
QHeaderView::section:first, QHeaderView::section:last, QHeaderView::section:only-one {{
  border-top-left-radius: {RADIUS - 1}px; border-top-right-radius: {RADIUS - 1}px;
}}
QTableCornerButton::section {{ background: {c["surface"]}; border: none; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle {{
  background: {c["track"]}; border-radius: 3px; min-height: 24px; min-width: 24px;
}}
QScrollBar::handle:hover {{ background: {c["muted"]}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: transparent; }}
"""


def _fixed_family() -> str:
    """The desktop's letters of one width; a widget's own family loses against a style sheet."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()


def _css(color: QColor) -> str:
    return color.name()
