"""Labels: words of ours and of others, never taken for markup."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from tray.present.tone import Tone
from tray.style import tabular


def label(
    text: str = "", *, tone: Tone = Tone.PLAIN, size: float = 1.0, bold: bool = False
) -> QLabel:
    """A label on one line.

    Args:
        text: plain, whatever it looks like.
        tone: how it is coloured.
        size: times the desktop's own text.
        bold: for headings and names.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(tabular(made.font(), size=size, bold=bold))
    set_tone(made, tone)
    return made


def paragraph(
    text: str = "", *, tone: Tone = Tone.PLAIN, size: float = 1.0, bold: bool = False
) -> QLabel:
    """A label that wraps, and that can be selected and copied."""
    made = label(text, tone=tone, size=size, bold=bold)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    policy = made.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
    made.setSizePolicy(policy)
    return made


def code() -> QLabel:
    """A paragraph in letters of one width: lines of a file."""
    made = paragraph()
    made.setProperty("role", "code")
    return made


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Colour a label anew; nothing is done when it has the tone."""
    if widget.property("tone") == tone.value:
        return
    widget.setProperty("tone", tone.value)
    again(widget)


def again(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def card() -> QFrame:
    """A surface with a border."""
    made = QFrame()
    made.setProperty("role", "card")
    return made


def rule() -> QFrame:
    """A thin line between parts."""
    made = QFrame()
    made.setProperty("role", "rule")
    made.setFixedHeight(1)
    return made


def main_button(button: QWidget) -> None:
    """Mark the one button of a page that is the next step."""
    button.setProperty("role", "main")
    again(button)
