"""What the packaged app holds, and what of Qt stays outside. Pure: the spec asks it."""

from pathlib import PurePosixPath

PACKAGES = ("core", "tray", "resources")
"""Whole, since verbs and windows are imported by name."""

LOADED_BY_NAME = ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets")
"""What the chart library loads in a way that no analysis sees, though it draws nothing by it."""

EXCLUDED_MODULES = (
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtTest",
    "tkinter", "unittest", "doctest", "pip", "setuptools", "pytest", "_pytest", "lib2to3",
    "PIL", "zstandard._cffi", "zstandard.backend_cffi",
    "OpenGL", "pyqtgraph.examples", "pyqtgraph.opengl",
    "pyqtgraph.jupyter", "scipy", "matplotlib", "h5py", "cupy", "numba", "IPython",
)  # fmt: skip
"""Never imported by us; hooks of others, and the chart library where it can, would bring them."""

UNUSED_AT_START = (
    "pyi_rth_pyside6", "pyi_rth_multiprocessing", "pyi_rth_pyqtgraph_multiprocess",
    "pyi_rth_inspect",
)  # fmt: skip
"""What PyInstaller would run at every start, also that of the guard. It loads Qt, `multiprocessing`
and `zipfile`. Qt's wheels tell by themselves where their plugins are, nothing here starts a
process by `multiprocessing`, and there is no source to inspect."""

_UNUSED_QT = (
    "Qml", "Quick", "Pdf", "VirtualKeyboard", "Network", "Test", "Sql", "Designer",
    "Help", "3D", "Charts", "WebEngine", "Multimedia", "ShaderTools", "Labs", "EglF",
)  # fmt: skip
_UNUSED_PLUGINS = frozenset(
    {
        "networkinformation", "tls", "virtualkeyboard", "qmltooling", "sqldrivers", "generic",
        "egldeviceintegrations", "printsupport", "wayland-graphics-integration-server",
    }
)  # fmt: skip
_UNUSED_PLATFORMS = ("qeglfs", "qlinuxfb", "qminimalegl", "qvkkhrdisplay", "qvnc", "qminimal.")
_UNUSED_IMAGES = ("qgif", "qicns", "qico", "qjpeg", "qpdf", "qtga", "qtiff", "qwbmp", "qwebp")
_GTK = (
    "gtk-3", "gdk-3", "gdk_pixbuf", "epoxy", "cairo", "pango", "atk-", "atk.", "atk-bridge",
    "atspi", "gio-2", "fribidi", "thai", "datrie", "graphite2", "harfbuzz", "Xcomposite", "Xdamage",
    "Xcursor", "Xinerama", "qgtk3",
)  # fmt: skip
"""For one theme plugin; a GTK of another machine beside the desktop's own does more harm."""
_SOFTWARE_OPENGL = ("opengl32sw", "d3dcompiler")


def is_needed(name: str) -> bool:
    """Whether a file that PyInstaller has gathered goes into the app.

    Args:
        name: its path inside the app, with either kind of slash.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    bare = path.name.removeprefix("lib")
    if bare.startswith(_GTK):
        return False
    if "PySide6" not in path.parts and not path.name.startswith(("libQt6", "Qt6", "Qt")):
        return not path.name.startswith(_SOFTWARE_OPENGL)
    if "translations" in path.parts:
        return False  # our sentences have catalogues of their own
    if _UNUSED_PLUGINS & set(path.parts):
        return False
    if "platforms" in path.parts:
        return not bare.startswith(_UNUSED_PLATFORMS)
    if "imageformats" in path.parts:
        return not bare.startswith(_UNUSED_IMAGES)
    module = bare.removeprefix("Qt6").removeprefix("Qt")
    return not module.startswith(_UNUSED_QT) and not bare.startswith(_SOFTWARE_OPENGL)
