"""What of Qt goes into the packaged app, and what stays outside."""

import pytest

from installers.bundle import is_needed

QT = "PySide6/Qt/lib/libQt6"
PLUGINS = "PySide6/Qt/plugins"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"{QT}Core.so.6", id="Qt's core"),
        pytest.param(f"{QT}DBus.so.6", id="the tray's bus"),
        pytest.param(f"{QT}XcbQpa.so.6", id="X11"),
        pytest.param(f"{PLUGINS}/platforms/libqxcb.so", id="the X11 platform"),
        pytest.param(f"{PLUGINS}/platforms/libqoffscreen.so", id="no screen at all"),
        pytest.param(f"{PLUGINS}/imageformats/libqsvg.so", id="our pictures"),
        pytest.param(r"PySide6\Qt6Widgets.dll", id="on Windows"),
        pytest.param(r"PySide6\plugins\platforms\qwindows.dll", id="its platform"),
        pytest.param("resources/prices.toml", id="our own data"),
        pytest.param("cryptography/hazmat/bindings/_rust.abi3.so", id="others' libraries"),
    ],
)
def test_what_is_used_is_in_it(name: str) -> None:
    assert is_needed(name)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"{QT}Quick.so.6", id="Qt Quick"),
        pytest.param(f"{QT}Pdf.so.6", id="PDF"),
        pytest.param(r"PySide6\Qt6VirtualKeyboard.dll", id="a keyboard on the screen"),
        pytest.param(r"PySide6\opengl32sw.dll", id="OpenGL in software: 20 MB"),
        pytest.param(f"{PLUGINS}/tls/libqopensslbackend.so", id="Qt's own TLS"),
        pytest.param(f"{PLUGINS}/platforms/libqvnc.so", id="a screen over the network"),
        pytest.param(f"{PLUGINS}/platforms/libqminimal.so", id="a screen that shows nothing"),
        pytest.param(f"{PLUGINS}/imageformats/libqtiff.so", id="pictures that we have not"),
        pytest.param(f"{PLUGINS}/platformthemes/libqgtk3.so", id="GTK's theme"),
        pytest.param("libgtk-3.so.0", id="and GTK itself"),
        pytest.param("PySide6/Qt/translations/qt_de.qm", id="Qt's own sentences"),
    ],
)
def test_what_is_never_used_stays_outside(name: str) -> None:
    assert not is_needed(name)
