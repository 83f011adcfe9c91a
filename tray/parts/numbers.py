"""Fields for whole numbers: typed like any other text."""

from PySide6.QtWidgets import QSizePolicy, QSpinBox

from tray.theme import GAP_SMALL


def number_field(least: int, most: int) -> QSpinBox:
    """A number from `least` to `most`; as wide as the fields of text that stand with it."""
    made = QSpinBox()
    made.setRange(least, most)
    made.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    # The style sheet cannot say it: Qt takes a padding there for the place of the buttons.
    made.lineEdit().setTextMargins(GAP_SMALL, 0, GAP_SMALL, 0)
    return made
