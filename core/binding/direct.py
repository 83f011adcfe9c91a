"""Where Codex would go if it were not bound: for one run past the proxy."""

from pathlib import Path

from core.binding.address import what_it_is
from core.binding.codex_toml import fingerprint, read_key
from core.binding.config_file import canonical, find_config
from core.binding.durable import Disk
from core.binding.journal import Journal
from core.domain.binding import Replaces

CODEX_DEFAULT = '""'
"""An empty address is none: Codex takes its own (observed with 0.169.0, `modelProvider/list`)."""


def address_without_us(binds_folder: Path, home: Path) -> str | None:
    """The value, as TOML, that the key of `home` would hold without our bind.

    None when the key holds nothing of ours, so that nothing has to be said to Codex.

    Raises:
        CoreError: `config_…` or `journal_…`.
    """
    home = canonical(home)
    if not home.exists():
        return None  # Codex makes it when it first starts
    config = find_config(home)
    found = read_key(config.content, name=str(config.path))
    if found is None or found.value is None:
        return None
    record = Journal(binds_folder, Disk()).load(home)
    if record is not None and fingerprint(found.value) in record.ours:
        return record.edit.old or CODEX_DEFAULT
    return CODEX_DEFAULT if what_it_is(found.value) is Replaces.ORPHAN else None
