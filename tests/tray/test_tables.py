"""Tables that change several times a second: only what has changed is announced and measured."""

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tray.present.rows import Row
from tray.windows.table import Rows, TableView

LONG = "words that need more room than the others"


def rows(*texts: str) -> tuple[Row, ...]:
    return tuple(Row(id=str(n), texts=(text, "b", "c")) for n, text in enumerate(texts))


@pytest.fixture
def model() -> Rows[Row]:
    made = Rows[Row](("A", "B", "C"), toned=-1)
    made.show_rows(rows("a", "b", "c", "d", "e"))
    return made


@pytest.mark.parametrize(
    ("after", "announced"),
    [
        pytest.param("abcde", [], id="nothing"),
        pytest.param("abXde", [(2, 2)], id="one row"),
        pytest.param("XXcdX", [(0, 1), (4, 4)], id="rows beside each other, and one apart"),
    ],
)
def test_rows_that_changed_are_announced_and_no_others(
    model: Rows[Row], after: str, announced: list[tuple[int, int]]
) -> None:
    heard: list[tuple[int, int]] = []

    def hear(first: QModelIndex, last: QModelIndex) -> None:
        heard.append((first.row(), last.row()))

    model.dataChanged.connect(hear)
    model.show_rows(rows(*after))
    assert heard == announced
    assert [model.index(n, 0).data() for n in range(5)] == list(after)


def test_row_that_came_on_top_leaves_the_others_where_they_were(view: TableView) -> None:
    model = view.model()
    assert isinstance(model, Rows)
    view.selectRow(1)
    known = model._rows
    new = Row(id="new", texts=(LONG, "b", "c"))
    model.show_rows((new, *known[:-1]))
    assert [model.index(n, 0).data() for n in range(model.rowCount())] == [LONG, *"abcd"]
    assert view.currentIndex().data() == "b"
    assert view.columnWidth(0) >= view.fontMetrics().horizontalAdvance(LONG)


@pytest.fixture
def view(model: Rows[Row], qtbot: QtBot) -> TableView:
    made = TableView("Letters", model, stretched=2, gives_way=(1,))
    qtbot.addWidget(made)
    made.resize(900, 200)
    made.show()
    return made


def test_column_grows_with_its_words_and_the_last_one_takes_the_rest(
    model: Rows[Row], view: TableView
) -> None:
    before = view.columnWidth(0)
    model.show_rows(rows("a", "b", "c", LONG, "e"))
    assert view.columnWidth(0) >= view.fontMetrics().horizontalAdvance(LONG) > before
    assert sum(view.columnWidth(n) for n in range(3)) == view.viewport().width()


def test_column_that_has_no_room_gives_way_until_it_has(view: TableView) -> None:
    view.resize(170, 200)
    assert [view.isColumnHidden(n) for n in range(3)] == [False, True, False]
    assert view.horizontalScrollBar().maximum() == 0
    view.resize(900, 200)
    assert not view.isColumnHidden(1)
