"""What can be done with several accounts at once: the same verb for each of them."""

from collections.abc import Sequence

from core.domain.errors import CoreError
from core.domain.report import AccountReport, StatusReport
from core.words.speech import Speech
from tray.present.account_actions import changed, policies
from tray.present.entries import Choice, Perform, Several
from tray.present.names import shown_name
from tray.present.notices import Notice
from tray.present.undo import undo_of

_NAMED = 6


def title(accounts: Sequence[AccountReport], speech: Speech) -> str:
    """How many are selected."""
    return speech.say("{count} accounts", count=len(accounts))


def names(accounts: Sequence[AccountReport], speech: Speech) -> str:
    """Who they are; a long list is cut, and says so."""
    told = ", ".join(shown_name(account.label) for account in accounts[:_NAMED])
    more = len(accounts) - _NAMED
    return told if more <= 0 else speech.say("{names} and {count} more", names=told, count=more)


def many_actions(
    accounts: Sequence[AccountReport], report: StatusReport, *, speech: Speech
) -> tuple[Choice, ...]:
    """Each pair offers what changes something for at least one of them."""
    does = (
        *policies(accounts, speech=speech),
        ("remove", "remove", speech.say("Remo&ve")),
    )
    return (
        Choice(
            id="check",
            text=speech.say("Re&fresh"),
            action=Several(
                wishes=tuple(Perform(verb="check", arguments={"account": a.id}) for a in accounts)
            ),
            enabled=not report.vault.locked,
        ),
        *(Choice(id=i, text=text, action=_each(accounts, verb)) for i, verb, text in does),
    )


def tag_all(accounts: Sequence[AccountReport], tag: str) -> Several | None:
    """Give all of them a tag; None where all have it, or it is nothing."""
    word = tag.strip()
    lack = [account for account in accounts if word and word not in account.tags]
    return Several(wishes=tuple(changed(a, "tag", word) for a in lack)) if lack else None


def told_of_all(
    done: Sequence[Perform],
    refused: Sequence[CoreError],
    before: StatusReport,
    *,
    speech: Speech,
) -> Notice:
    """For how many it was done, why not for the others, and what takes it back."""
    text = speech.counted(len(done), "Done for 1 account.", "Done for {count} accounts.")
    if refused:
        # They are refused for the same reason, as a rule: the first says it.
        first = f"{refused[0].message} {refused[0].hint}".strip()
        text += " " + speech.say("Refused for {count}: {why}", count=len(refused), why=first)
    back = undo_of_all(done, before)
    actions = () if back is None else (Choice(id="undo", text=speech.say("Und&o"), action=back),)
    return Notice(title="Turntable", text=text, trouble=bool(refused), actions=actions)


def undo_of_all(done: Sequence[Perform], before: StatusReport) -> Several | None:
    """What takes back what was done, the last first; None where nothing can be."""
    back = [one for wish in reversed(done) if (one := undo_of(wish, before)) is not None]
    return Several(wishes=tuple(back)) if back else None


def _each(accounts: Sequence[AccountReport], does: str) -> Several:
    return Several(
        wishes=tuple(
            Perform(verb="account", arguments={"action": does, "account": account.id})
            for account in accounts
        )
    )
