"""Draws the charts of `present` with the chart library; imported once that is loaded.

A plot takes no mouse, no wheel and no keys: it is a picture, and the table below it is its twin.
"""

from collections.abc import Iterable

import pyqtgraph  # type: ignore[import-untyped]
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from tray.parts.labels import paragraph
from tray.present.charts import LineChart, PileChart, Ticks
from tray.present.tone import Tone
from tray.style import colors_in_force, scheme_in_force, tabular
from tray.theme import CHART_HEIGHT, GAP, GAP_LARGE, GAP_MEDIUM, SMALL, chart_colors

_DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
    Qt.PenStyle.SolidLine,
)
_PATTERNS = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense5Pattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.Dense3Pattern,
    Qt.BrushStyle.HorPattern,
)
_WIDTHS = (2.0, 2.0, 2.4, 2.0, 2.0, 1.0)
_BAND_ALPHA = 60
_GRID_ALPHA = 0.25
_COLUMN = 0.72
_ABOVE, _BELOW = 108.0, -4.0
"""Edges of a chart of per cent: room for the marks of resets, and for a line at nothing."""
_LEGEND_COLUMNS = 3
_NOT_KNOWN = float("nan")


class Plot(QWidget):
    """A chart with its legend."""

    def __init__(self) -> None:
        super().__init__()
        # Its way to tidy up at the end walks through every object; our windows go before that.
        pyqtgraph.setConfigOptions(antialias=True, exitCleanup=False)
        self._plot = pyqtgraph.PlotWidget(background=None)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for part in (self._plot, self._plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        scale = self.fontMetrics().height() / 16
        self._plot.setFixedHeight(round(CHART_HEIGHT * max(1.0, scale)))
        self._legend = QGridLayout()
        self._legend.setHorizontalSpacing(GAP_LARGE)
        self._legend.setVerticalSpacing(GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_MEDIUM)
        layout.addWidget(self._plot)
        layout.addLayout(self._legend)

    def show_lines(self, chart: LineChart, name: str) -> None:
        """Per cent over time."""
        self._begin(name)
        colors = chart_colors(scheme_in_force())
        if chart.band:
            self._show_band(chart, colors[0])
        for line in chart.lines:
            pen = _pen(line.look)
            known = [_NOT_KNOWN if value is None else value for _, value in line.points]
            self._plot.plot([at for at, _ in line.points], known, pen=pen, connect="finite")
            if line.marks:
                self._plot.plot(
                    [at for at, _ in line.marks],
                    [(value + _ABOVE) / 2 for _, value in line.marks],
                    pen=None,
                    symbol="t",
                    symbolSize=9,
                    symbolPen=None,
                    symbolBrush=colors[line.look],
                )
        self._axes(chart.ticks, (chart.levels, ()))
        self._plot.setRange(
            xRange=(chart.start, chart.end),
            yRange=(_BELOW, _ABOVE),
            padding=0,
            disableAutoRange=True,
        )
        self._show_legend((line.name, _line_sample(line.look, self)) for line in chart.lines)

    def show_piles(self, chart: PileChart, name: str) -> None:
        """A column a day."""
        self._begin(name)
        count = max((len(pile.values) for pile in chart.piles), default=0)
        below = [0.0] * count
        ground = QPen(colors_in_force().surface, 1)
        ground.setCosmetic(True)
        for pile in chart.piles:
            item = pyqtgraph.BarGraphItem(
                x=list(range(count)),
                y0=list(below),
                height=list(pile.values),
                width=_COLUMN,
                brush=_brush(pile.look),
                pen=ground,
            )
            self._plot.addItem(item)
            below = [base + more for base, more in zip(below, pile.values, strict=True)]
        self._axes(chart.ticks, (chart.levels, ()))
        self._plot.setRange(
            xRange=(-0.6, count - 0.4),
            yRange=(chart.top * _BELOW / 100, chart.top * _ABOVE / 100),
            padding=0,
            disableAutoRange=True,
        )
        self._show_legend((pile.name, _pile_sample(pile.look, self)) for pile in chart.piles)

    def _begin(self, name: str) -> None:
        self._plot.clear()
        self._plot.setBackground(colors_in_force().surface)
        self._plot.setAccessibleName(name)

    def _show_band(self, chart: LineChart, color: QColor) -> None:
        at = [moment for moment, _, _ in chart.band]
        soft = QColor(color)
        soft.setAlpha(_BAND_ALPHA)
        edges = [
            pyqtgraph.PlotCurveItem(
                at, [point[side] for point in chart.band], pen=_pen(0, width=0.6)
            )
            for side in (1, 2)
        ]
        for edge in edges:
            self._plot.addItem(edge)
        self._plot.addItem(pyqtgraph.FillBetweenItem(*edges, brush=soft))

    def _axes(self, bottom: Ticks, left: Ticks) -> None:
        colors = colors_in_force()
        font = tabular(self.font(), size=SMALL)
        for side, ticks in (("bottom", bottom), ("left", left)):
            axis = self._plot.getAxis(side)
            axis.setTicks([[(tick.at, tick.text) for tick in level] for level in ticks])
            axis.setStyle(tickFont=font, tickLength=0, hideOverlappingLabels=False)
            axis.setPen(colors.line)
            axis.setTextPen(colors.muted)
        self._plot.showGrid(y=True, alpha=_GRID_ALPHA)

    def _show_legend(self, named: Iterable[tuple[str, QPixmap]]) -> None:
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, (name, sample) in enumerate(named):
            line, column = divmod(place, _LEGEND_COLUMNS)
            sign = QLabel()
            sign.setPixmap(sample)
            sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            self._legend.addWidget(sign, line, 2 * column)
            self._legend.addWidget(paragraph(name, tone=Tone.MUTED), line, 2 * column + 1)
        for column in range(_LEGEND_COLUMNS):
            self._legend.setColumnStretch(2 * column + 1, 1)


def _pen(look: int, *, width: float | None = None) -> QPen:
    pen = QPen(chart_colors(scheme_in_force())[look], width or _WIDTHS[look], _DASHES[look])
    pen.setCosmetic(True)
    return pen


def _brush(look: int) -> QBrush:
    return QBrush(chart_colors(scheme_in_force())[look], _PATTERNS[look])


def _line_sample(look: int, beside: QWidget) -> QPixmap:
    made, painter = _canvas(beside)
    size = made.deviceIndependentSize()
    painter.setPen(_pen(look))
    painter.drawLine(0, round(size.height() / 2), round(size.width()), round(size.height() / 2))
    painter.end()
    return made


def _pile_sample(look: int, beside: QWidget) -> QPixmap:
    made, painter = _canvas(beside)
    size = made.deviceIndependentSize()
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), _brush(look))
    painter.end()
    return made


def _canvas(beside: QWidget) -> tuple[QPixmap, QPainter]:
    height = beside.fontMetrics().height()
    ratio = beside.devicePixelRatioF()
    size = QSize(2 * height, round(height * 0.75))
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    return made, QPainter(made)
