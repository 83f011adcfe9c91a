"""The parts of a login, built anew for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.standin.server import StandIn
from tests.core.codex_home.conftest import codex
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock

__all__ = ["codex"]


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        yield back_end


@pytest.fixture
async def parts(tmp_path: Path, clock: FakeClock, back_end: StandIn) -> AsyncIterator[Parts]:
    async with build(tmp_path, clock, back_end) as parts:
        yield parts
