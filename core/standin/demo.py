"""Five made-up accounts whose windows run out and reset in minutes: the world of the demo."""

from datetime import datetime, timedelta

from core.standin.meters import Window
from core.standin.people import Login, make_login
from core.standin.world import Account, Credits

_SESSION = 300
_WEEK = 10_080


def people(now: datetime) -> tuple[tuple[Login, Account], ...]:
    """The logins and accounts to `StandIn.add`, as they stand at `now`.

    Within ten minutes every state is seen: one runs out, one is out and comes back, one has most
    of everything left, one knows a week only and pays with credits, one is a team's workspace.
    """
    ada, bela, cleo, dara, enzo = (
        make_login(name, plan=plan)
        for name, plan in (
            ("Ada", "plus"),
            ("Bela", "pro"),
            ("Cleo", "plus"),
            ("Dara", "team"),
            ("Enzo", "business"),
        )
    )

    def session(lasts: int, used: float, drift: float) -> Window:
        return _window(now, _SESSION, lasts, used=used, drift=drift)

    def week(used: float) -> Window:
        return _window(now, _WEEK, 30, used=used, drift=0.5)

    accounts = (
        Account(person=ada.person, primary=session(6, 62, 12), secondary=week(18)),
        Account(person=bela.person, primary=session(8, 6, 2), secondary=week(3)),
        Account(person=cleo.person, primary=session(2, 100, 9), secondary=week(55)),
        Account(
            person=dara.person,
            workspace_name="Kestrel",
            primary=session(5, 62, 10),
            secondary=week(40),
        ),
        Account(
            person=enzo.person,
            workspace_name="Harrier",
            primary=_window(now, _WEEK, 9, used=88, drift=3),
            secondary=None,
            credits=Credits(has=True, balance="12.50"),
        ),
    )
    return tuple(zip((ada, bela, cleo, dara, enzo), accounts, strict=True))


def _window(now: datetime, minutes: int, lasts: int, *, used: float, drift: float) -> Window:
    """A window reported as `minutes` that really lasts `lasts` minutes; `drift` in % a minute."""
    length = timedelta(minutes=lasts)
    return Window(
        minutes=minutes,
        capacity=400_000,
        used_percent=used,
        resets_at=now + length,
        lasts=length,
        drift=drift,
        as_of=now,
    )
