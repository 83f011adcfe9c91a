"""Is there a desktop to show an icon on? Asked before Qt is loaded.

Qt ends the whole process when its platform plugin cannot start: no display, a display that
refuses us, a missing library. So the display is knocked at with the system's own client library,
and the plugin is loaded as Qt would load it; both take a few milliseconds, and the loader keeps
what Qt needs next.
"""

import ctypes
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.domain.sentence import Sentence

_PACKAGES = {
    "libxcb-cursor.so.0": "libxcb-cursor0 (Debian, Ubuntu) or xcb-util-cursor (Fedora, Arch)",
    "libxcb-icccm.so.4": "libxcb-icccm4 (Debian, Ubuntu) or xcb-util-wm (Fedora, Arch)",
    "libxcb-keysyms.so.1": "libxcb-keysyms1 (Debian, Ubuntu) or xcb-util-keysyms (Fedora, Arch)",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0 (Debian, Ubuntu) or libxkbcommon-x11",
    "libEGL.so.1": "libegl1 (Debian, Ubuntu) or libglvnd-egl",
    "libGL.so.1": "libgl1 (Debian, Ubuntu) or libglvnd-glx",
    "libfontconfig.so.1": "libfontconfig1 (Debian, Ubuntu) or fontconfig",
}


def why_no_desktop(environ: Mapping[str, str], platform: str = sys.platform) -> Sentence | None:
    """One sentence that says what is missing; None when an icon can be shown.

    Args:
        environ: the environment; `QT_QPA_PLATFORM` overrules the displays, as in Qt.
        platform: `sys.platform`.
    """
    if platform != "linux":
        return _why_qt_is_missing()
    wanted = list(_platforms(environ))
    if not wanted:
        return Sentence("There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    missing = _why_qt_is_missing()
    if missing:
        return missing
    reasons = [_why_not(name) for name in wanted]
    return None if None in reasons else reasons[0]


def _platforms(environ: Mapping[str, str]) -> Iterator[str]:
    """The platform plugins that Qt may try, the user's own choice first."""
    chosen = environ.get("QT_QPA_PLATFORM", "")
    if chosen:
        yield from (part.partition(":")[0] for part in chosen.split(";"))
        return
    if environ.get("WAYLAND_DISPLAY"):
        yield "wayland"
    if environ.get("DISPLAY"):
        yield "xcb"


def _why_qt_is_missing() -> Sentence | None:
    try:
        import PySide6.QtWidgets  # noqa: F401 - that it can be loaded is the answer
    except ImportError as error:
        return Sentence("Qt cannot be loaded: {why}", why=_explained(str(error)))
    return None


def _why_not(name: str) -> Sentence | None:
    """Why this platform plugin would not start; None for those that need no display."""
    match name:
        case "xcb":
            return _why_plugin_fails("libqxcb.so") or _why_x11_refuses()
        case "wayland":
            return _why_plugin_fails("libqwayland.so") or _why_wayland_refuses()
        case _:
            return None


def _why_plugin_fails(file: str) -> Sentence | None:
    from PySide6.QtCore import QLibraryInfo

    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    try:
        ctypes.CDLL(str(plugins / "platforms" / file))
    except OSError as error:
        return Sentence("Qt cannot start on this display: {why}", why=_explained(str(error)))
    return None


def _why_x11_refuses() -> Sentence | None:
    """XCB never returns NULL: a connection that failed carries its error (xcb_connect(3))."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if not refused:
        return None
    return Sentence("The X display in DISPLAY does not answer, or refuses us.")


def _why_wayland_refuses() -> Sentence | None:
    wayland = ctypes.CDLL("libwayland-client.so.0")
    wayland.wl_display_connect.restype = ctypes.c_void_p
    display = wayland.wl_display_connect(None)
    if display is None:
        return Sentence("The display in WAYLAND_DISPLAY does not answer, or refuses us.")
    wayland.wl_display_disconnect(ctypes.c_void_p(display))
    return None


def _explained(error: str) -> str:
    """The loader's own words, and the package where we know it."""
    library = Path(error.partition(":")[0].strip()).name
    package = _PACKAGES.get(library)
    if not package:
        return f"{error}."
    return Sentence(
        "{library} cannot be loaded; install {package}.", library=library, package=package
    )
