"""Which account a chat lives on, learned from who serves it."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.events import Event, ThreadMoved
from core.domain.facts import ThreadId
from core.domain.moves import Move, remembered
from core.domain.observed import Lesson, Observed, Owner
from core.domain.rules import Project


def own_thread(
    thread: ThreadId,
    account: AccountId,
    *,
    now: datetime,
    fresh_for: timedelta,
    project: Project | None = None,
) -> Lesson:
    """The thread lives on `account` from now on; None leaves its project as it is.

    `seen_at` is written anew only when it is older than `fresh_for`: a busy thread costs nothing.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.owners.get(thread)
        at = project or (None if known is None else known.project)
        same = known is not None and known.account == account and known.project == at
        if known is not None and same and now - known.seen_at < fresh_for:
            return observed, ()
        owner = Owner(account=account, seen_at=now, project=at)
        owners = {**observed.owners, thread: owner}
        taken_up = known is None or known.account != account
        chosen = account if taken_up else observed.last_chosen
        after = replace(observed, owners=owners, last_chosen=chosen)
        if known is None or not taken_up:
            return after, ()
        move = Move(thread=thread, moved_from=known.account, moved_to=account, at=now)
        told = ThreadMoved(thread=thread, moved_from=known.account, moved_to=account)
        return replace(after, moves=remembered(observed.moves, move)), (told,)

    return lesson


def chosen_without_thread(account: AccountId) -> Lesson:
    """A request without a thread went to `account`: round-robin goes on after it."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if observed.last_chosen == account:
            return observed, ()
        return replace(observed, last_chosen=account), ()

    return lesson
