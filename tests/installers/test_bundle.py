"""What of Qt goes into the packaged app, and what stays outside."""

import os
import subprocess
import sys

import pytest

from installers.bootstrap import ROOT
from installers.bundle import is_needed

QT = "PySide6/Qt/lib/libQt6"
PLUGINS = "PySide6/Qt/plugins"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"{QT}Core.so.6", id="Qt's core"),
        pytest.param(f"{QT}DBus.so.6", id="the tray's bus"),
        pytest.param(f"{QT}XcbQpa.so.6", id="X11"),
        pytest.param(f"{QT}OpenGL.so.6", id="what the chart library is loaded with"),
        pytest.param(f"{PLUGINS}/platforms/libqxcb.so", id="the X11 platform"),
        pytest.param(f"{PLUGINS}/platforms/libqoffscreen.so", id="no screen at all"),
        pytest.param(f"{PLUGINS}/imageformats/libqsvg.so", id="our pictures"),
        pytest.param(r"PySide6\Qt6Widgets.dll", id="on Windows"),
        pytest.param(r"PySide6\plugins\platforms\qwindows.dll", id="its platform"),
        pytest.param("resources/prices.toml", id="our own data"),
        pytest.param("numpy.libs/libscipy_openblas64_-1.so", id="the charts' arithmetic"),
        pytest.param("pyqtgraph/icons/auto.png", id="the chart library's pictures"),
        pytest.param("cryptography/hazmat/bindings/_rust.abi3.so", id="others' libraries"),
    ],
)
def test_what_is_used_is_in_it(name: str) -> None:
    assert is_needed(name)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"{QT}Quick.so.6", id="Qt Quick"),
        pytest.param(f"{QT}EglFsKmsSupport.so.6", id="a screen without X11 or Wayland"),
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


_DRAW_A_CHART = """
import sys
from installers.bundle import EXCLUDED_MODULES

class Outside:
    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in EXCLUDED_MODULES):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Outside())
from PySide6.QtWidgets import QApplication
application = QApplication([])
from tray.parts.chart_library import load
load()
import pyqtgraph
plot = pyqtgraph.PlotWidget()
plot.addItem(pyqtgraph.PlotCurveItem([0, 1, 2], [1.0, 3.0, 2.0]))
plot.resize(200, 100)
assert not plot.grab().isNull()
"""


@pytest.mark.timeout(60)
def test_a_chart_is_drawn_without_what_stays_outside() -> None:
    """The chart library asks for parts of Qt that it can do without."""
    drawn = subprocess.run(
        [sys.executable, "-c", _DRAW_A_CHART],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.returncode == 0, drawn.stderr
