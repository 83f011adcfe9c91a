"""Where other tools keep their stores: looked at only when the user asks for one by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Tool(StrEnum):
    """Whose store, as it is typed: `import --from TOOL`."""

    MULTI_AUTH = "codex-multi-auth"
    OPENCODE = "opencode"
    ROUTER = "router"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a tool's files may lie: `expected` is named when there is none of them."""

    expected: Path
    more: tuple[Path, ...] = ()

    def present(self) -> tuple[Path, ...]:
        """Those that are there. Blocks."""
        return tuple(path for path in (self.expected, *self.more) if path.is_file())


def places_of(
    tool: Tool, *, codex_home: Path, user_home: Path, environment: Mapping[str, str]
) -> Places:
    """Where `tool` keeps its logins; its backups are not looked at, since they are older. Blocks.

    Args:
        tool: whose.
        codex_home: the Codex home in force.
        user_home: the user's own home folder.
        environment: names other places for some tools.
    """
    multi_auth = codex_home / "multi-auth"
    match tool:
        case Tool.MULTI_AUTH:
            named = environment.get("CODEX_MULTI_AUTH_DIR", "").strip()
            folder = Path(os.path.expanduser(named)) if named else multi_auth  # noqa: PTH111
            name = "openai-codex-accounts.json"
            projects = sorted(folder.glob(f"projects/*/{name}"))
            return Places(expected=folder / name, more=tuple(projects))
        case Tool.ROUTER:
            return Places(expected=multi_auth / "openai-accounts.json")
        case Tool.OPENCODE:
            file = environment.get("OPENCODE_MULTI_AUTH_STORE_FILE", "").strip()
            named = environment.get("OPENCODE_MULTI_AUTH_STORE_DIR", "").strip()
            usual = user_home / ".config" / "opencode-multi-auth"
            return Places(
                expected=Path(file) if file else (Path(named) if named else usual) / "accounts.json"
            )
