"""What takes a wish back: another wish, made from how things stood before it."""

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from tray.present.entries import Perform
from tray.present.focus import account_by_id

_OPPOSITES = {
    "pause": "resume",
    "resume": "pause",
    "drain": "undrain",
    "undrain": "drain",
    "enable": "disable",
    "disable": "enable",
}

_CLEAR: dict[str, JsonValue] = {"action": "clear-blocks"}


def undo_of(wish: Perform, before: StatusReport) -> Perform | None:
    """The wish that undoes `wish`; None where nothing can, or nothing was changed.

    Args:
        wish: what was performed.
        before: the snapshot when it was wished.
    """
    match wish.verb:
        case "use" | "stay" | "auto":
            return _steering(wish, before)
        case "bind" if before.bind.state == "unbound":
            return Perform(verb="unbind")
        case "unbind" if before.bind.state == "bound":
            return Perform(verb="bind")
        case "account":
            return _policy(wish, before)
        case "rotation" if wish.arguments.get("action") == "skip":
            return Perform(verb="rotation", arguments=_CLEAR | {"value": wish.arguments["value"]})
        case _:
            return None


def _steering(wish: Perform, before: StatusReport) -> Perform | None:
    steering = before.rotation
    match steering.mode:
        case RotationMode.AUTO:
            return None if wish.verb == "auto" else Perform(verb="auto")
        case RotationMode.USE | RotationMode.STAY:
            named = wish.arguments.get("account")
            if wish.verb == steering.mode and named == steering.account:
                return None
            return Perform(verb=steering.mode, arguments={"account": steering.account})
        case _:
            return None


def _policy(wish: Perform, before: StatusReport) -> Perform | None:
    named, does = wish.arguments.get("account"), wish.arguments.get("action")
    known = account_by_id(before, AccountId(named)) if isinstance(named, str) else None
    if known is None or not isinstance(does, str):
        return None
    if does in _OPPOSITES:
        return _account(known, _OPPOSITES[does])
    match does:
        case "rename" if wish.arguments.get("value") != known.label:
            return _account(known, "rename", value=known.label)
        case "tag" | "untag":
            return _tag(known, does, wish.arguments.get("value"))
        case "weight" if wish.arguments.get("value") != str(known.weight):
            return _account(known, "weight", value=str(known.weight))
        case "remove":
            return _account(known, "put-back")
        case "note" if wish.arguments.get("value") != known.note:
            return _account(known, "note", value=known.note)
        case "reserve":
            kept = known.reserve
            return _account(known, "reserve", session=round(kept.session), week=round(kept.week))
        case _:
            return None


def _tag(account: AccountReport, does: str, tag: JsonValue) -> Perform | None:
    """Nothing was changed where the tag was there, or was not, before."""
    adds = does == "tag"
    if (tag in account.tags) == adds:
        return None
    return _account(account, "untag" if adds else "tag", value=tag)


def _account(account: AccountReport, does: str, **more: JsonValue) -> Perform:
    return Perform(verb="account", arguments={"action": does, "account": account.id, **more})
