"""Small files of other programs' formats, written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> bool:
    """Replace the file; False: it said so already.

    Raises:
        OSError: it cannot be written; the old one is there still.
    """
    content = text.encode("utf-8", "surrogateescape")
    try:
        if path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
            return False
    except OSError:
        pass  # absent, or not readable: it is made anew
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        written.chmod(mode)
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    return True
