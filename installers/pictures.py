"""The app's picture in the formats that Windows and macOS want, drawn from the one SVG."""

import os
from pathlib import Path

_SIZES = (16, 32, 48, 64, 128, 256)


def icon_for(platform: str, root: Path) -> str | None:
    """A file that PyInstaller takes as the program's icon; None where programs have none.

    Args:
        platform: as `sys.platform`.
        root: the checkout.
    """
    ending = {"win32": "ico", "darwin": "icns"}.get(platform)
    if ending is None:
        return None
    made = root / "build" / f"turntable.{ending}"
    made.parent.mkdir(exist_ok=True)
    draw(root / "resources" / "icons" / "turntable.svg", made)
    return str(made)


def draw(svg: Path, icon: Path) -> None:
    """Draw the picture at each size into one `.ico` or `.icns`, by the ending of its name."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from io import BytesIO

    from PIL import Image
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QGuiApplication, QIcon

    application = QGuiApplication.instance() or QGuiApplication([])
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QIcon(str(svg)).pixmap(max(_SIZES), max(_SIZES)).save(buffer, "PNG")
    picture = Image.open(BytesIO(bytes(buffer.data().data())))
    picture.save(icon, sizes=[(size, size) for size in _SIZES])
    del application
