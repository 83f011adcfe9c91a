"""The paths beside Codex that tell about an account: usage, resets, routing, workspaces."""

from collections.abc import Sequence
from datetime import datetime

from core.standin import limits, replies, reset_credits
from core.standin.outcome import Outcome, violated
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.world import Account, World


def usage(account: Account, now: datetime) -> Reply:
    """`GET /backend-api/wham/usage`."""
    return replies.as_json(200, limits.usage(account, now))


def credits_left(account: Account, now: datetime) -> Reply:
    """`GET /backend-api/wham/rate-limit-reset-credits`."""
    return replies.as_json(200, reset_credits.listing(account, now))


def consume(recorded: Recorded, account: Account, world: World) -> Outcome:
    """`POST …/rate-limit-reset-credits/consume`; 200 whatever became of it."""
    try:
        redemption = reset_credits.parse(recorded.json)
    except ValueError:
        redemption = "the body is not JSON"
    if isinstance(redemption, str):
        return violated(redemption)
    redeemed = reset_credits.redeem(account, redemption, world.now)
    world.put(redeemed.account)
    value = {"code": redeemed.code, "windows_reset": redeemed.windows_reset}
    return Outcome(replies.as_json(200, value))


def check(account: Account, everyone: Sequence[Account]) -> Reply:
    """`GET /backend-api/wham/accounts/check`: the shape that codex 0.169.0 accepts."""
    entries = [
        {
            "id": one.person.account_id,
            "name": one.workspace_name,
            "structure": "personal" if one.workspace_name == "Personal" else "workspace",
            "plan_type": one.person.plan,
            "is_deactivated": False,
            "is_fedramp_compliant_workspace": one.person.fedramp,
            "can_access_with_session": True,
            "sso_connection_name": None,
            "profile_picture_url": None,
            "workspace_backend_origin": one.origin,
            "account_routing_override": one.routing_override,
        }
        for one in _memberships(account, everyone)
    ]
    value = {
        "accounts": entries,
        "account_ordering": [entry["id"] for entry in entries],
        "default_account_id": account.person.account_id,
    }
    return replies.as_json(200, value)


def workspaces(account: Account, everyone: Sequence[Account]) -> Reply:
    """`GET /backend-api/accounts`."""
    items = [
        {"id": one.person.account_id, "name": one.workspace_name}
        for one in _memberships(account, everyone)
    ]
    return replies.as_json(200, {"items": items})


def _memberships(account: Account, everyone: Sequence[Account]) -> list[Account]:
    """Every workspace of the same user."""
    return [one for one in everyone if one.person.user_id == account.person.user_id]
