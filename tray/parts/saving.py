"""Asks where something is to be saved, and writes it there: whole, or not at all."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QIODevice, QSaveFile
from PySide6.QtWidgets import QFileDialog, QWidget

from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.domain.sentence import Sentence


def ask_where(
    parent: QWidget, title: str, name: str, endings: Iterable[str], then: Callable[[Path], None]
) -> QFileDialog:
    """Open a dialog for a new file; `then` hears the path that was chosen.

    Args:
        parent: whose dialog it is.
        title: of the dialog.
        name: what the file is called unless somebody says otherwise, without its ending.
        endings: `csv`, `json`; the first is the usual.
        then: called with the path, which has one of the endings.
    """
    known = tuple(endings)
    asking = QFileDialog(parent, title)
    asking.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    asking.setNameFilters([f"{ending.upper()} (*.{ending})" for ending in known])
    asking.setDefaultSuffix(known[0])
    asking.selectFile(f"{name}.{known[0]}")
    asking.filterSelected.connect(
        lambda chosen: asking.setDefaultSuffix(chosen.partition(" ")[0].lower())
    )
    asking.fileSelected.connect(lambda path: then(Path(path)))
    asking.finished.connect(asking.deleteLater)
    asking.open()
    return asking


def as_json(values: Mapping[str, JsonValue]) -> str:
    """For programs, and readable."""
    return json.dumps(dict(values), indent=2, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> None:
    """Write a new file, or replace one.

    Raises:
        CoreError: it could not be written; what was there is as it was.
    """
    file = QSaveFile(str(path))
    data = text.encode()
    opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
    if not opened or file.write(data) != len(data) or not file.commit():
        raise CoreError(
            "not_saved", Sentence("{path} could not be written.", path=path), file.errorString()
        )
