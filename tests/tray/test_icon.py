"""The icon's pixels: exact sizes, told apart by shape, seen on light and dark panels."""

from collections import Counter
from itertools import combinations

import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from tray.icon import SIZES, IconPainter, paint
from tray.present.gauge import Gauge, GaugeState
from tray.theme import Panel, panel_of

pytestmark = pytest.mark.usefixtures("qapp")

LIGHT_PANEL = QColor("#e8e8e8")
DARK_PANEL = QColor("#2b2b2b")


def routing(*rings: int | None, stale: bool = False) -> Gauge:
    return Gauge(state=GaugeState.ROUTING, rings=rings or (62,), stale=stale)


def picture(gauge: Gauge, size: int = 16, panel: Panel = Panel.UNKNOWN) -> QImage:
    return paint(gauge, panel, size).toImage()


def main_inks(gauge: Gauge, panel: Panel) -> set[str]:
    """Colours painted through on more than a stray pixel of a large picture."""
    image = picture(gauge, 96, panel)
    points = ((x, y) for x in range(96) for y in range(96))
    pixels = (image.pixelColor(x, y) for x, y in points)
    count = Counter(pixel.name() for pixel in pixels if pixel.alpha() == 255)
    return {name for name, number in count.items() if number >= 40}


def luminance(color: QColor) -> float:
    """WCAG 2.2: relative luminance."""
    channels = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_icon_holds_every_size_to_the_pixel() -> None:
    icon = IconPainter().icon(routing(40, 62), Panel.UNKNOWN)
    assert sorted(size.width() for size in icon.availableSizes()) == list(SIZES)
    assert all(size.width() == size.height() for size in icon.availableSizes())


@pytest.mark.parametrize("size", SIZES)
def test_ring_reaches_the_edge_and_stays_inside(size: int) -> None:
    image = picture(routing(100), size)
    middle = size // 2
    painted = [x for x in range(size) if image.pixelColor(x, middle).alpha() > 100]
    assert painted[0] <= 1
    assert painted[-1] >= size - 2
    assert image.pixelColor(0, 0).alpha() == 0


@pytest.mark.parametrize(
    ("panel", "grounds"),
    [
        pytest.param(Panel.UNKNOWN, (LIGHT_PANEL, DARK_PANEL), id="an unknown panel may be both"),
        pytest.param(Panel.LIGHT, (LIGHT_PANEL, QColor("white")), id="a light one"),
        pytest.param(Panel.DARK, (DARK_PANEL, QColor("black")), id="a dark one"),
    ],
)
@pytest.mark.parametrize(
    "gauge",
    [
        pytest.param(routing(62), id="ring"),
        pytest.param(routing(9), id="short ring"),
        pytest.param(routing(None), id="dashes"),
        *(
            pytest.param(Gauge(state=state, rings=(62,), stale=False), id=state.value)
            for state in GaugeState
        ),
    ],
)
def test_all_ink_can_be_seen_on_the_panel(
    gauge: Gauge, panel: Panel, grounds: tuple[QColor, ...]
) -> None:
    colors = main_inks(gauge, panel)
    assert colors
    for ground in grounds:
        weakest = min(contrast(QColor(color), ground) for color in colors)
        assert weakest >= 3


@pytest.mark.parametrize("size", [16, 22, 24, 48])
def test_every_state_has_a_shape_of_its_own_without_any_colour(size: int) -> None:
    shapes = {
        state: picture(Gauge(state=state, rings=(62,), stale=False), size, Panel.TEMPLATE)
        for state in GaugeState
    }
    for one, other in combinations(shapes, 2):
        assert differing_pixels(shapes[one], shapes[other]) >= size, (one, other)


def differing_pixels(one: QImage, other: QImage) -> int:
    """Pixels whose alpha differs by a third or more."""
    return sum(
        abs(one.pixelColor(x, y).alpha() - other.pixelColor(x, y).alpha()) > 85
        for x in range(one.width())
        for y in range(one.height())
    )


@pytest.mark.parametrize("size", SIZES)
def test_unknown_is_never_taken_for_empty(size: int) -> None:
    unknown = picture(routing(None), size, Panel.TEMPLATE)
    empty = picture(routing(0), size, Panel.TEMPLATE)
    assert differing_pixels(unknown, empty) >= size


@pytest.mark.parametrize(("percent", "quarters"), [(25, 1), (50, 2), (75, 3), (100, 4)])
def test_ring_runs_clockwise_from_twelve(percent: int, quarters: int) -> None:
    image = picture(routing(percent), 48)
    edge = 4
    # The middle of each quarter of the ring, clockwise from twelve o'clock.
    reach = (24 - edge) * 0.7071
    corners = [(reach, -reach), (reach, reach), (-reach, reach), (-reach, -reach)]
    inked = [image.pixelColor(round(24 + x), round(24 + y)).alpha() == 255 for x, y in corners]
    assert inked == [number < quarters for number in range(4)]


def test_second_ring_is_shown_where_it_can_be_told_from_the_first() -> None:
    for size in SIZES:
        one, two = picture(routing(40), size), picture(routing(40, 90), size)
        assert (one != two) is (size >= 24)


def test_old_numbers_are_dimmed() -> None:
    fresh, old = picture(routing(62), 22), picture(routing(62, stale=True), 22)
    assert max(old.pixelColor(x, 11).alpha() for x in range(4)) < max(
        fresh.pixelColor(x, 11).alpha() for x in range(4)
    )


def test_unchanged_picture_is_painted_once() -> None:
    painter = IconPainter()
    first = painter.icon(routing(40), Panel.UNKNOWN)
    assert painter.icon(routing(40), Panel.UNKNOWN).cacheKey() == first.cacheKey()
    assert painter.icon(routing(41), Panel.UNKNOWN).cacheKey() != first.cacheKey()


def test_painter_keeps_few_icons_however_long_it_runs() -> None:
    painter = IconPainter()
    first = painter.icon(routing(0), Panel.UNKNOWN).cacheKey()
    for percent in range(1, 60):
        painter.icon(routing(percent), Panel.UNKNOWN)
    assert painter.icon(routing(0), Panel.UNKNOWN).cacheKey() != first


def test_macos_colours_the_icon_itself() -> None:
    assert IconPainter().icon(routing(40), Panel.TEMPLATE).isMask()
    assert main_inks(routing(40), Panel.TEMPLATE) == {"#000000"}


@pytest.mark.parametrize(
    ("desktop", "platform", "dark", "panel"),
    [
        pytest.param("KDE", "linux", True, Panel.DARK, id="Plasma's panel follows the scheme"),
        pytest.param("KDE", "linux", False, Panel.LIGHT, id="in both directions"),
        pytest.param("ubuntu:GNOME", "linux", False, Panel.DARK, id="GNOME's bar is always dark"),
        pytest.param("XFCE", "linux", True, Panel.UNKNOWN, id="other panels have own themes"),
        pytest.param("", "win32", True, Panel.UNKNOWN, id="the taskbar has a switch of its own"),
        pytest.param("", "darwin", True, Panel.TEMPLATE, id="macOS colours it itself"),
    ],
)
def test_panel_is_known_only_where_it_can_be(
    desktop: str, platform: str, dark: bool, panel: Panel
) -> None:
    scheme = QGuiApplication.styleHints().colorScheme()
    scheme = type(scheme).Dark if dark else type(scheme).Light
    environ = {"XDG_CURRENT_DESKTOP": desktop}
    assert panel_of(scheme, platform=platform, environ=environ) is panel
