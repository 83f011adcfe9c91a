"""Which language and time zone the person at this machine has."""

from datetime import UTC, datetime, timedelta, tzinfo

from core.words.speech import Speech, english


class MachineZone(tzinfo):
    """The machine's own time zone, with the rules of each moment (summer time and all).

    `datetime.astimezone()` names an offset only, that of one moment: said in it, a time beyond the
    next change of clocks is an hour off.
    """

    def fromutc(self, moment: datetime) -> datetime:
        """`moment` holds UTC under our name; the answer is what the clock on the wall shows."""
        local = moment.replace(tzinfo=UTC).astimezone()
        first = local.replace(tzinfo=None, fold=0)
        # In autumn an hour is shown twice: the second one has another offset.
        second = first.astimezone().utcoffset() != local.utcoffset()
        return first.replace(tzinfo=self, fold=int(second))

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset in force at that reading of the clock."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def tzname(self, moment: datetime | None) -> str | None:
        """As the system calls it at that moment."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Unknown: the system tells offsets, not why they are so."""
        return None


def local_speech() -> Speech:
    """English in the machine's own time zone."""
    return english(MachineZone())
