"""What `turntable serve` runs on."""

import asyncio
import sys

import pytest

from core.runtime.loop import serving_loop


def test_a_program_without_a_desktop_runs_on_uvloop_where_it_is_installed() -> None:
    loop = serving_loop()
    try:
        expected = "asyncio" if sys.platform == "win32" else "uvloop"
        assert type(loop).__module__.split(".", maxsplit=1)[0] == expected
    finally:
        loop.close()


def test_without_uvloop_it_runs_on_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop = serving_loop()
    try:
        assert isinstance(loop, asyncio.BaseEventLoop)
    finally:
        loop.close()
