"""Paints the gauge at the very pixels that a panel asks for.

A record on a turntable: rings with a dot in the middle. Shapes tell the state (see
`present.gauge.GaugeState`), the length of the rings tells what is left. Each size is drawn for
itself, since a scaled picture is mush at 16 px.
"""

from collections import OrderedDict

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from tray.present.gauge import Gauge, GaugeState
from tray.theme import LOW_PERCENT, STALE_OPACITY, IconColors, Panel, icon_colors

SIZES = (16, 18, 22, 24, 32, 36, 44, 48, 64, 96)
"""Pixels: 16, 18, 22, 24, 32, 48 and their doubles, for panels at 100 and 200 %."""

TWO_RINGS_FROM = 24
"""Pixels from which a second ring can be told from the first."""

_KEPT_ICONS = 32
_TOP = 90 * 16
_TURN = 360 * 16
_DASHES = 8
_DASHES_INSIDE = 6
_DASH = 0.55
_EDGE = 0.25


class IconPainter:
    """Icons by gauge and panel; the newest are kept, equal gauges share one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Gauge, Panel], QIcon] = OrderedDict()

    def icon(self, gauge: Gauge, panel: Panel) -> QIcon:
        """One icon that holds every size of `SIZES`."""
        key = (gauge, panel)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        icon = QIcon()
        for size in SIZES:
            icon.addPixmap(paint(gauge, panel, size))
        icon.setIsMask(panel is Panel.TEMPLATE)
        self._kept[key] = icon
        if len(self._kept) > _KEPT_ICONS:
            self._kept.popitem(last=False)
        return icon


def paint(gauge: Gauge, panel: Panel, size: int) -> QPixmap:
    """The gauge in `size` × `size` pixels on a transparent ground."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _Drawing(painter, gauge, icon_colors(panel), size).draw()
    painter.end()
    return pixmap


class _Drawing:
    """One icon while it is painted; lengths are in pixels, the middle is the origin."""

    def __init__(self, painter: QPainter, gauge: Gauge, colors: IconColors, size: int) -> None:
        self._painter = painter
        self._gauge = gauge
        self._colors = colors
        self._size = size
        painter.translate(size / 2, size / 2)

    def draw(self) -> None:
        """The rings, then what stands in them."""
        state = self._gauge.state
        two = self._two_rings()
        thick = max(2.0, round(self._size * (0.135 if two else 0.18)))
        thin = max(1.5, self._size * 0.08)
        width = thin if state is GaugeState.IDLE else thick
        radius = (self._size - width) / 2 - _EDGE
        self._painter.setOpacity(STALE_OPACITY if self._gauge.stale else 1.0)
        self._ring(radius, width, self._gauge.rings[0])
        if two:
            gap = max(1.0, self._size * 0.05)
            inner_width = max(2.0, self._size * 0.105)
            inner = radius - width / 2 - gap - inner_width / 2
            self._ring(inner, inner_width, self._gauge.rings[1])
        self._painter.setOpacity(1.0)
        self._mark(state, radius - width / 2)

    def _two_rings(self) -> bool:
        """A mark in the middle takes the second ring's place."""
        routes = self._gauge.state is GaugeState.ROUTING
        return routes and len(self._gauge.rings) > 1 and self._size >= TWO_RINGS_FROM

    def _ring(self, radius: float, width: float, percent: int | None) -> None:
        square = QRectF(-radius, -radius, 2 * radius, 2 * radius)
        if percent is None:
            self._dashes(square, width)
            return
        self._painter.setPen(_pen(self._colors.track, width))
        self._painter.drawEllipse(square)
        if percent > 0:
            self._painter.setPen(_pen(self._color_of(percent), width))
            self._painter.drawArc(square, _TOP, -round(_TURN * percent / 100))

    def _dashes(self, square: QRectF, width: float) -> None:
        """Unknown: short arcs in ink as strong as a ring's, so that nobody reads 0 %."""
        self._painter.setPen(_pen(self._colors.quiet, width))
        number = _DASHES if square.width() > self._size * 0.7 else _DASHES_INSIDE
        step = _TURN / number
        for place in range(number):
            start = _TOP + step * (place - _DASH / 2)
            self._painter.drawArc(square, round(start), round(step * _DASH))

    def _color_of(self, percent: int) -> QColor:
        if self._gauge.state in (GaugeState.IDLE, GaugeState.DOWN):
            return self._colors.quiet
        return self._colors.low if percent < LOW_PERCENT else self._colors.ring

    def _mark(self, state: GaugeState, room: float) -> None:
        """What stands in the middle; `room` is the radius that the ring leaves."""
        match state:
            case GaugeState.ROUTING | GaugeState.IDLE:
                self._dot(room)
            case GaugeState.PAUSED:
                self._bars(room)
            case GaugeState.WAITING:
                self._hourglass(room)
            case GaugeState.ATTENTION:
                self._exclamation()
            case GaugeState.DOWN:
                self._cross_out()

    def _dot(self, room: float) -> None:
        radius = max(1.25, self._size * (0.075 if self._two_rings() else 0.105))
        self._fill(self._colors.mark)
        self._painter.drawEllipse(QPointF(0, 0), min(radius, room - 1), min(radius, room - 1))

    def _bars(self, room: float) -> None:
        """Two bars on whole pixels: a blurred edge would close the gap between them."""
        width, half_gap, half = (max(1, round(room * part)) for part in (0.38, 0.17, 0.55))
        self._fill(self._colors.mark)
        for left in (-half_gap - width, half_gap):
            self._painter.drawRect(QRectF(left, -half, width, 2 * half))

    def _hourglass(self, room: float) -> None:
        """Two triangles, tip to tip."""
        half = room * 0.62
        high = room * 0.78
        self._fill(self._colors.mark)
        for up in (-1, 1):
            corners = [
                QPointF(-half, up * high),
                QPointF(half, up * high),
                QPointF(0, -up * high * 0.12),
            ]
            self._painter.drawPolygon(QPolygonF(corners))

    def _exclamation(self) -> None:
        """A mark as tall as the icon; the ring is broken where it passes."""
        width = max(2.0, round(self._size * 0.15))
        margin = max(1.0, self._size * 0.07)
        top, bottom = -self._size / 2, self._size / 2
        self._erase(QRectF(-width / 2 - margin, top, width + 2 * margin, self._size))
        self._fill(self._colors.alert)
        stem = QRectF(-width / 2, top + self._size * 0.04, width, self._size * 0.56)
        self._painter.drawRoundedRect(stem, width * 0.3, width * 0.3)
        point = width * 1.25
        self._painter.drawEllipse(
            QRectF(-point / 2, bottom - self._size * 0.04 - point, point, point)
        )

    def _cross_out(self) -> None:
        """A stroke from corner to corner, with air on both sides of it."""
        reach = self._size / 2 * 0.84
        stroke = QLineF(-reach, reach, reach, -reach)
        width = max(2.0, self._size * 0.12)
        air = QPen(Qt.GlobalColor.black, width * 2.2)
        air.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        self._painter.setPen(air)
        self._painter.drawLine(stroke)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        pen = QPen(self._colors.alert, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self._painter.setPen(pen)
        self._painter.drawLine(stroke)

    def _erase(self, area: QRectF) -> None:
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        self._painter.fillRect(area, Qt.GlobalColor.black)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _fill(self, color: QColor) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(color)


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
