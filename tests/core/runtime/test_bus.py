"""Events reach everyone who listens, and nobody can spoil it for the others."""

import logging

import pytest

from core.domain.events import BindChanged, Event, ShowRequested
from core.runtime.bus import Bus

SHOW = ShowRequested()
BOUND = BindChanged(state="bound")


def test_everyone_hears_everything_in_order() -> None:
    bus, first, second = Bus(), list[Event](), list[Event]()
    bus.listen(first.append)
    bus.listen(second.append)

    bus.publish(SHOW, BOUND)

    assert first == second == [SHOW, BOUND]


def test_who_has_stopped_hears_no_more_and_may_stop_twice() -> None:
    bus, heard = Bus(), list[Event]()
    stop = bus.listen(heard.append)
    stop()
    stop()

    bus.publish(SHOW)

    assert heard == []


def test_one_function_may_listen_twice_and_stops_once_for_each() -> None:
    bus, heard = Bus(), list[Event]()
    stop = bus.listen(heard.append)
    bus.listen(heard.append)
    stop()

    bus.publish(SHOW)

    assert heard == [SHOW]


def test_a_listener_that_fails_is_logged_and_keeps_nobody_from_hearing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, heard = Bus(), list[Event]()

    def fail(event: Event) -> None:
        raise RuntimeError("a fault of its own")

    bus.listen(fail)
    bus.listen(heard.append)

    with caplog.at_level(logging.ERROR):
        bus.publish(SHOW)

    assert heard == [SHOW]
    assert "a listener failed on ShowRequested" in caplog.text
    assert "a fault of its own" in caplog.text


def test_who_begins_to_listen_meanwhile_hears_the_next_event() -> None:
    bus, heard = Bus(), list[Event]()
    stops = [bus.listen(lambda _: stops.append(bus.listen(heard.append)))]

    bus.publish(SHOW)
    stops[0]()
    bus.publish(BOUND)

    assert heard == [BOUND]
