"""A machine that somebody manages: its Codex finds files in /etc/codex that nobody else sees."""

import os
import shlex
from pathlib import Path

from tests.fakes.small_disk import AS_ROOT

_AS_USER = (
    ()
    if not AS_ROOT
    else ("setpriv", f"--reuid={os.getuid()}", f"--regid={os.getgid()}", "--clear-groups")
)
_PROGRAM = """\
#!/bin/sh
exec {as_root} unshare --mount -- /bin/sh -c \
'mount --bind "$0" /etc && exec "$@"' {etc} {as_user} {codex} "$@"
"""


def manage(program: Path, codex: Path, etc: Path, **files: str) -> None:
    """Put a Codex at `program` for which `etc` is the machine's /etc.

    Args:
        program: replaced.
        codex: the real one; it runs in a mount namespace of its own, as root or by sudo.
        etc: made; holds nothing but `codex`.
        files: name without its ending → content, below /etc/codex.
    """
    folder = etc / "codex"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content)
    program.unlink(missing_ok=True)
    as_root = (*AS_ROOT, "--preserve-env") if AS_ROOT else ()
    program.write_text(
        _PROGRAM.format(
            as_root=shlex.join(as_root),
            as_user=shlex.join(_AS_USER),
            etc=shlex.quote(str(etc)),
            codex=shlex.quote(str(codex)),
        )
    )
    program.chmod(0o755)
