"""What the user decides about an account's part in the pool, as transitions of the state. Pure."""

from dataclasses import replace

from core.domain.account import AccountId, Reserve
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.state import Change, edit_account

LARGEST_WEIGHT = 1000
LARGEST_RESERVE = 99
"""Per cent: a whole window cannot be kept, or the account would serve nobody."""
LONGEST_TAG = 32
LONGEST_NOTE = 500
MOST_TAGS = 20


def set_draining(account: AccountId, draining: bool) -> Change:
    """Let it finish its threads and give it no new one, or let it take part again."""
    return edit_account(account, lambda known: replace(known, draining=draining))


def set_weight(account: AccountId, weight: int) -> Change:
    """Its share under `weighted`.

    Raises:
        CoreError: `bad_weight`, exit code usage.
    """
    if not 1 <= weight <= LARGEST_WEIGHT:
        message = Sentence(
            "A weight is a whole number from 1 to {largest}.", largest=LARGEST_WEIGHT
        )
        hint = "`turntable account drain` gives an account no new chats."
        raise CoreError("bad_weight", message, hint, exit_code=ExitCode.USAGE)
    return edit_account(account, lambda known: replace(known, weight=weight))


def set_reserve(
    account: AccountId,
    *,
    session: float | None = None,
    week: float | None = None,
    month: float | None = None,
) -> Change:
    """Keep these per cent of its windows; None leaves a floor as it is, 0 removes it.

    Raises:
        CoreError: `bad_reserve`, exit code usage.
    """
    floors = {"session": session, "week": week, "month": month}
    given = {name: floor for name, floor in floors.items() if floor is not None}
    if any(not 0 <= floor <= LARGEST_RESERVE for floor in given.values()):
        message = "A reserve is 0 to 99 per cent of a window."
        raise CoreError("bad_reserve", message, exit_code=ExitCode.USAGE)

    def reserve(known: Reserve) -> Reserve:
        return Reserve(
            session=given.get("session", known.session),
            week=given.get("week", known.week),
            month=given.get("month", known.month),
        )

    return edit_account(account, lambda known: replace(known, reserve=reserve(known.reserve)))


def add_tag(account: AccountId, tag: str) -> Change:
    """Mark it with one of the user's own words.

    Raises:
        CoreError: `bad_tag`, exit code usage.
    """
    word = _tag(tag)

    def change_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
        added = tuple(sorted({*tags, word}))
        if len(added) > MOST_TAGS:
            message = Sentence("An account has at most {most} tags.", most=MOST_TAGS)
            raise CoreError("too_many_tags", message, exit_code=ExitCode.USAGE)
        return added

    return edit_account(account, lambda known: replace(known, tags=change_tags(known.tags)))


def drop_tag(account: AccountId, tag: str) -> Change:
    """Take a mark away; one that is not there stays away.

    Raises:
        CoreError: `bad_tag`, exit code usage.
    """
    word = _tag(tag)
    return edit_account(
        account, lambda known: replace(known, tags=tuple(t for t in known.tags if t != word))
    )


def set_note(account: AccountId, note: str) -> Change:
    """Keep a sentence with it; an empty one removes it.

    Raises:
        CoreError: `bad_note`, exit code usage.
    """
    text = " ".join(note.split())
    if len(text) > LONGEST_NOTE or not text.isprintable():
        message = Sentence(
            "A note has at most {longest} printable characters.", longest=LONGEST_NOTE
        )
        raise CoreError("bad_note", message, exit_code=ExitCode.USAGE)
    return edit_account(account, lambda known: replace(known, note=text))


def _tag(typed: str) -> str:
    word = typed.strip().casefold()
    if not 1 <= len(word) <= LONGEST_TAG or not word.isprintable() or " " in word:
        message = Sentence(
            "A tag is one word of at most {longest} characters.", longest=LONGEST_TAG
        )
        raise CoreError("bad_tag", message, exit_code=ExitCode.USAGE)
    return word
