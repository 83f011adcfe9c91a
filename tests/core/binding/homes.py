"""A Codex home and a data folder to bind it from; random bytes that come in order."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from core.binding.binder import Binder
from core.binding.codex_toml import KEY
from core.binding.durable import Step, no_step
from core.domain.errors import CoreError
from core.runtime.clock import Clock
from tests.fakes.clock import FakeClock

PORT = 8791
TYPICAL = b'model = "gpt-5" # mine\n\n[projects."/srv"]\ntrust_level = "trusted"\n'


def counted_bytes() -> Callable[[int], bytes]:
    """Bytes that differ from call to call and are the same in every run."""
    calls = iter(range(1, 256))
    return lambda size: bytes([next(calls)]) * size


class Place:
    """One machine's folders: a Codex home, and Turntable's own."""

    def __init__(
        self, root: Path, *, config: bytes | None = TYPICAL, mode: int = 0o644, make: bool = True
    ) -> None:
        """`config` None: Codex has no config.toml yet; `make` False: everything is there."""
        self.root = root
        self.home = root / "codex"
        self.config = self.home / "config.toml"
        self.binds = root / "turntable" / "binds"
        self.lock = root / "turntable" / "run" / "bind.lock"
        self.random_bytes = counted_bytes()
        if not make:
            return
        self.home.mkdir(parents=True)
        if config is not None:
            self.config.write_bytes(config)
            self.config.chmod(mode)

    def binder(self, *, step: Step = no_step, clock: Clock | None = None) -> Binder:
        """What a program that starts now would bind with."""
        return Binder(
            binds_folder=self.binds,
            lock_path=self.lock,
            clock=clock or FakeClock(),
            random_bytes=self.random_bytes,
            step=step,
        )

    def address(self) -> object:
        """What Codex would read from the key; None: absent, so that Codex goes its own way."""
        if not self.config.exists():
            return None
        text = self.config.read_bytes().decode().removeprefix("\ufeff")
        return tomllib.loads(text).get(KEY)

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Everything in the Codex home: content and mode by name."""
        if not self.home.exists():
            return {}
        return {
            str(path.relative_to(self.home)): (
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes(),
                path.lstat().st_mode & 0o7777,
            )
            for path in sorted(self.home.rglob("*"))
            if path.is_symlink() or path.is_file()
        }

    def notes(self) -> list[str]:
        """What Turntable keeps about binds."""
        return sorted(path.suffix for path in self.binds.glob("*")) if self.binds.exists() else []


def refusal(act: Callable[[], object]) -> CoreError:
    """What `act` is refused with; every refusal says what to do."""
    with pytest.raises(CoreError) as refused:
        act()
    assert refused.value.hint
    return refused.value
