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
    rows = (
        ("Ada", "plus", "Personal", _window(now, _SESSION, 6, 62, drift=12), _week(now, 18), False),
        ("Bela", "pro", "Personal", _window(now, _SESSION, 8, 6, drift=2), _week(now, 3), False),
        ("Cleo", "plus", "Personal", _window(now, _SESSION, 2, 100, drift=9), _week(now, 55), False),
        ("Dara", "team", "Kestrel", _window(now, _SESSION, 5, 35, drift=7), _week(now, 40), False),
        ("Enzo", "business", "Harrier", _window(now, _WEEK, 9, 88, drift=3), None, True),
    )  # fmt: skip
    return tuple(
        _person(now, name, plan, workspace, primary, secondary, pays=pays)
        for name, plan, workspace, primary, secondary, pays in rows
    )


def _person(
    now: datetime,
    name: str,
    plan: str,
    workspace: str,
    primary: Window,
    secondary: Window | None,
    *,
    pays: bool,
) -> tuple[Login, Account]:
    login = make_login(name, plan=plan, issued_at=now)
    account = Account(
        person=login.person,
        workspace_name=workspace,
        primary=primary,
        secondary=secondary,
        credits=Credits(has=pays, balance="12.50" if pays else ""),
    )
    return login, account


def _window(now: datetime, minutes: int, lasts: int, used: float, *, drift: float) -> Window:
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


def _week(now: datetime, used: float) -> Window:
    return _window(now, _WEEK, 30, used, drift=0.5)
