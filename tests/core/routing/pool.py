"""Accounts named A, B, C… for decision tables."""

from datetime import UTC, datetime, timedelta

from core.domain.account import Account, AccountId, Identity, Refresher
from core.domain.state import Rotation, State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def account(name: str, number: int, **changes: object) -> Account:
    values: dict[str, object] = {
        "id": AccountId(name),
        "number": number,
        "identity": Identity(user=f"user-{name}", workspace=f"workspace-{name}"),
        "label": name,
        "email": f"{name.lower()}@example.com",
        "plan": "plus",
        "fedramp": False,
        "refresher": Refresher.ELSEWHERE,
        "source": None,
        "workspace_name": "",
        "enabled": True,
        "paused": False,
        "added_at": NOW,
        **changes,
    }
    return Account(**values)  # type: ignore[arg-type]


def pool(names: str, rotation: Rotation | None = None, **changed: dict[str, object]) -> State:
    accounts = [account(n, i + 1, **changed.get(n, {})) for i, n in enumerate(names)]
    return State(
        accounts={a.id: a for a in accounts},
        rotation=rotation or Rotation(),
        next_number=len(accounts) + 1,
    )
