"""What a verb answered, read by name and type: JSON that another version may have written."""

from collections.abc import Callable, Mapping
from datetime import datetime

from core.control.facade import JsonValue
from core.domain.errors import CoreError
from tray.present.entries import Perform


class Answer:
    """One JSON object; what is absent, or of another type, is empty."""

    def __init__(self, values: Mapping[str, JsonValue]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A text."""
        value = self._values.get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Whether it is true."""
        return self._values.get(name) is True

    def number(self, name: str) -> float | None:
        """A number."""
        value = self._values.get(name)
        real = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if real and isinstance(value, int | float) else None

    def whole(self) -> Mapping[str, JsonValue]:
        """Everything, as it came."""
        return self._values

    def raw(self, name: str) -> JsonValue:
        """As it came."""
        return self._values.get(name)

    def moment(self, name: str) -> datetime | None:
        """A time."""
        try:
            return datetime.fromisoformat(self.text(name))
        except ValueError:
            return None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._values.get(name)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()

    def parts(self, name: str) -> tuple["Answer", ...]:
        """A list of objects."""
        value = self._values.get(name)
        found = value if isinstance(value, list) else []
        return tuple(Answer(part) for part in found if isinstance(part, dict))

    def part(self, name: str) -> "Answer":
        """An object."""
        value = self._values.get(name)
        return Answer(value if isinstance(value, dict) else {})


type Answered = Callable[[Answer | CoreError], None]
type Ask = Callable[[Perform, Answered], None]
"""Perform a verb now, beside those that were wished for; the answer comes later, on the loop."""
