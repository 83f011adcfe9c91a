"""An answer into a file of the person's own choice; never over another."""

from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence


def write_into(typed: str, text: str) -> Path:
    """Write `text` with a newline at its end; where it is.

    Raises:
        CoreError: there is such a file, or it cannot be written; nothing was changed.
    """
    path = Path(typed).expanduser().absolute()
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        message = Sentence("{path} is there already; nothing was written.", path=path)
        raise CoreError("file_exists", message, "Name another file.") from None
    except OSError as error:
        message = Sentence("{path} cannot be written ({why}).", path=path, why=error.strerror)
        raise CoreError("not_written", message, "Name another folder.") from None
    return path
