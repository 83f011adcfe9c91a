"""Every home is given back; one that cannot be does not keep the others bound."""

from pathlib import Path

from core.binding.undo_all import undo_all
from core.domain.binding import UndoResult
from tests.core.binding.homes import PORT, TYPICAL, Place


def test_one_broken_home_and_one_damaged_note_do_not_stop_the_others(tmp_path: Path) -> None:
    place = Place(tmp_path)
    broken, mended = Place(tmp_path / "broken"), Place(tmp_path / "mended")
    for number, each in enumerate((place, broken, mended)):
        place.binder().bind(each.home, PORT + number)
    broken.config.write_text("broken = ")
    (place.binds / f"{'0' * 64}.json").write_text("{")

    undone = undo_all(tmp_path / "turntable")
    assert place.config.read_bytes() == TYPICAL
    assert mended.config.read_bytes() == TYPICAL
    assert undone.ports == {PORT, PORT + 1, PORT + 2}
    assert not undone.complete
    results = {recovery.codex_home: recovery.result for recovery in undone.recoveries}
    assert results == {
        None: None,
        place.home: UndoResult.RESTORED,
        broken.home: None,
        mended.home: UndoResult.RESTORED,
    }
    assert all(recovery.because for recovery in undone.recoveries if recovery.result is None)


def test_a_second_time_there_is_nothing_to_do_but_the_ports_are_known(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.binder().bind(place.home, PORT)
    undo_all(tmp_path / "turntable")
    again = undo_all(tmp_path / "turntable")
    assert again.recoveries == ()
    assert again.complete
    assert again.ports == {PORT}
