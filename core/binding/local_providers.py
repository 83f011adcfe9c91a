"""Providers of other local tools in Codex's settings, and the way out of a dead one.

A tool that is gone leaves its block behind and, worse, `model_provider` pointing at it: Codex then
waits at an address where nobody answers. The block itself is never touched: threads that were made
with it can be opened only while it is there (PROTOCOL §3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.binding.bind_lock import BindLock
from core.binding.codex_toml import parsed_config, without_root_key
from core.binding.config_file import canonical, check_writable, find_config, replace_config
from core.binding.durable import Disk
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.domain.trust import is_loopback

CHOICE = "model_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProvider:
    """A provider on this machine.

    Attributes:
        name: its id in `model_providers`.
        port: where it is said to listen.
        chosen: new threads use it.
    """

    name: str
    port: int
    chosen: bool


def local_providers(content: bytes, *, name: str) -> tuple[LocalProvider, ...]:
    """The providers of a config.toml whose address is on this machine; ours is none of them.

    Raises:
        CoreError: `config_invalid`.
    """
    document = parsed_config(content, name=name)
    blocks = document.get("model_providers")
    found = []
    for provider, block in blocks.items() if isinstance(blocks, Mapping) else ():
        port = _local_port(block.get("base_url") if isinstance(block, Mapping) else None)
        if port is not None:
            chosen = document.get(CHOICE) == provider
            found.append(LocalProvider(name=str(provider), port=port, chosen=chosen))
    return tuple(found)


def forget_choice(
    home: Path, provider: str, *, lock: BindLock, random_bytes: Callable[[int], bytes]
) -> bool:
    """Take `model_provider` out of the home's config.toml while it names `provider`. Blocks.

    Returns:
        False: it names another one by now; nothing was changed.

    Raises:
        CoreError: `config_…`, `disk_full`, `bind_busy`; nothing was changed.
    """
    home = canonical(home)
    with lock.held():
        config = find_config(home)
        document = parsed_config(config.content, name=str(config.path))
        if config.state is None or document.get(CHOICE) != provider:
            return False
        check_writable(config)
        content = without_root_key(config.content, CHOICE, name=str(config.path))
        done = replace_config(
            Disk(), config, content, mode=config.state.mode, bind_id=random_bytes(8).hex()
        )
    if not done:
        raise CoreError(
            "config_busy",
            Sentence(
                "Another program has just changed {path}; nothing was changed.", path=config.path
            ),
            "Try again.",
        )
    return True


def _local_port(address: object) -> int | None:
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        if not is_loopback(parts.hostname or ""):
            return None
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
