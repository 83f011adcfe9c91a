"""The visual language in one file: colours and measures. Nothing else in `tray` names a colour.

The icon lies on panels whose colour we are not told. The colours for an unknown panel keep a
contrast of 3:1 (WCAG 2.2, 1.4.11) on the light and on the dark panels of common desktops alike,
which only a narrow band of luminance does; where the panel is known, stronger ones are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor


class Panel(StrEnum):
    """What the icon lies on."""

    LIGHT = "light"
    DARK = "dark"
    UNKNOWN = "unknown"
    TEMPLATE = "template"
    """macOS colours the icon itself: only its alpha counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IconColors:
    """The icon's colours on one kind of panel.

    Attributes:
        ring: what is left.
        low: what is left when it is little; the short ring says so without the colour.
        quiet: a ring that routes nothing, and one whose numbers are unknown.
        mark: dot, bars, hourglass.
        alert: exclamation mark and crossing-out.
        track: the part of the ring that is used up.
    """

    ring: QColor
    low: QColor
    quiet: QColor
    mark: QColor
    alert: QColor
    track: QColor


LOW_PERCENT = 20
"""Below this the ring takes its second colour: the same mark as the first notification."""

STALE_OPACITY = 0.55
"""How much of the rings' ink is left when their numbers are old."""

TRACK_ALPHA = 115
"""Of 255: less is invisible on light panels."""

GAP = 4
"""Device-independent pixels; every distance in a window is a multiple of it."""
GAP_SMALL, GAP_MEDIUM, GAP_LARGE = 2 * GAP, 3 * GAP, 4 * GAP
CARD_MARGIN, PAGE_MARGIN = 4 * GAP, 6 * GAP
RADIUS = 8
BAR_HEIGHT = 6
PANEL_WIDTH = 360
"""Of the glance panel, at the text size that most desktops start with."""
CHART_HEIGHT = 190
"""Of a chart, at the text size that most desktops start with."""
WINDOW_SIZE = (1280, 740)
SMALL, LARGE, HUGE = 0.9, 1.15, 1.5
"""Sizes of text, as parts of the desktop's own."""

_UNKNOWN = IconColors(
    ring=QColor("#148a8a"),
    low=QColor("#b3720a"),
    quiet=QColor("#7f7f7f"),
    mark=QColor("#7f7f7f"),
    alert=QColor("#d9483b"),
    track=QColor(128, 128, 128, TRACK_ALPHA),
)
_LIGHT = IconColors(
    ring=QColor("#0b7373"),
    low=QColor("#985c00"),
    quiet=QColor("#5c5c5c"),
    mark=QColor("#3d3d3d"),
    alert=QColor("#c22f24"),
    track=QColor(70, 70, 70, TRACK_ALPHA),
)
_DARK = IconColors(
    ring=QColor("#3cc4c0"),
    low=QColor("#f0a73a"),
    quiet=QColor("#b4b4b4"),
    mark=QColor("#e6e6e6"),
    alert=QColor("#ff7566"),
    track=QColor(200, 200, 200, TRACK_ALPHA),
)
_TEMPLATE = IconColors(
    ring=QColor(0, 0, 0),
    low=QColor(0, 0, 0),
    quiet=QColor(0, 0, 0),
    mark=QColor(0, 0, 0),
    alert=QColor(0, 0, 0),
    track=QColor(0, 0, 0, TRACK_ALPHA),
)


def icon_colors(panel: Panel) -> IconColors:
    """The icon's colours on this panel."""
    match panel:
        case Panel.LIGHT:
            return _LIGHT
        case Panel.DARK:
            return _DARK
        case Panel.TEMPLATE:
            return _TEMPLATE
        case Panel.UNKNOWN:
            return _UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowColors:
    """The colours of panel, windows and dialogs in one scheme.

    Attributes:
        ground: behind everything.
        surface: cards, tables, fields.
        line: borders and rules.
        text: what is read.
        muted: what is read second; 4.5:1 on ground and surface all the same.
        accent: the one colour that says "this one" or "do this"; also plenty of a limit.
        on_accent: text on it.
        soft: the ground of what is chosen or under the pointer.
        warn: little is left, or somebody should look.
        bad: nothing works until somebody does something.
        track: the part of a bar that is used up.
    """

    ground: QColor
    surface: QColor
    line: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    soft: QColor
    warn: QColor
    bad: QColor
    track: QColor


class Scheme(StrEnum):
    """What the windows are coloured for."""

    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"
    """High contrast, as the desktop asks for it."""


_WINDOWS = {
    Scheme.LIGHT: WindowColors(
        ground=QColor("#f4f6f6"),
        surface=QColor("#ffffff"),
        line=QColor("#d8dedf"),
        text=QColor("#192123"),
        muted=QColor("#55626a"),
        accent=QColor("#0b7373"),
        on_accent=QColor("#ffffff"),
        soft=QColor("#e2f0ef"),
        warn=QColor("#8a5300"),
        bad=QColor("#b3261e"),
        track=QColor("#dde3e4"),
    ),
    Scheme.DARK: WindowColors(
        ground=QColor("#16191b"),
        surface=QColor("#1e2325"),
        line=QColor("#353d40"),
        text=QColor("#e9edee"),
        muted=QColor("#a3adb2"),
        accent=QColor("#43c6c1"),
        on_accent=QColor("#05211f"),
        soft=QColor("#1c3534"),
        warn=QColor("#f0a73a"),
        bad=QColor("#ff8a7d"),
        track=QColor("#384145"),
    ),
    Scheme.CONTRAST: WindowColors(
        ground=QColor("#000000"),
        surface=QColor("#000000"),
        line=QColor("#ffffff"),
        text=QColor("#ffffff"),
        muted=QColor("#ffffff"),
        accent=QColor("#4df0ea"),
        on_accent=QColor("#000000"),
        soft=QColor("#003b3a"),
        warn=QColor("#ffd24a"),
        bad=QColor("#ff9c92"),
        track=QColor("#4d4d4d"),
    ),
}


_CHARTS = {
    Scheme.LIGHT: ("#0b7373", "#b3541e", "#4356b8", "#8e3a80", "#667012", "#5a6670"),
    Scheme.DARK: ("#43c6c1", "#f0995a", "#93a4ff", "#e38fd0", "#c3cc5a", "#a9b6bf"),
    Scheme.CONTRAST: ("#4df0ea", "#ffb066", "#a8b8ff", "#ff9ae6", "#e6f05a", "#ffffff"),
}
"""3:1 on the surface and told apart by people who see few colours; dashes and patterns say the
same without them."""


def chart_colors(scheme: Scheme) -> tuple[QColor, ...]:
    """The colours of lines and columns, in the order of their looks."""
    return tuple(QColor(color) for color in _CHARTS[scheme])


def window_colors(scheme: Scheme) -> WindowColors:
    """The colours of windows in this scheme."""
    return _WINDOWS[scheme]


def scheme_of(wanted: Qt.ColorScheme, contrast: Qt.ContrastPreference) -> Scheme:
    """What the desktop asks for; light where it says nothing.

    Args:
        wanted: `QStyleHints.colorScheme`.
        contrast: `QAccessibilityHints.contrastPreference`.
    """
    if contrast is Qt.ContrastPreference.HighContrast:
        return Scheme.CONTRAST
    return Scheme.DARK if wanted is Qt.ColorScheme.Dark else Scheme.LIGHT


def panel_of(scheme: Qt.ColorScheme, *, platform: str, environ: Mapping[str, str]) -> Panel:
    """What the icon lies on, as far as it can be known.

    The colour scheme is that of windows. Plasma's panel follows it; GNOME's top bar is dark in
    both of its schemes; macOS colours the icon itself. Elsewhere (Windows has a switch of its own
    for the taskbar, other Linux panels follow their own theme) it says nothing about the panel.

    Args:
        scheme: `QStyleHints.colorScheme`.
        platform: `sys.platform`.
        environ: the environment; `XDG_CURRENT_DESKTOP` is a colon-separated list.
    """
    if platform == "darwin":
        return Panel.TEMPLATE
    desktops = environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
    if "gnome" in desktops:
        return Panel.DARK
    if "kde" in desktops and scheme == Qt.ColorScheme.Dark:
        return Panel.DARK
    if "kde" in desktops and scheme == Qt.ColorScheme.Light:
        return Panel.LIGHT
    return Panel.UNKNOWN
