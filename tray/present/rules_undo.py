"""What takes a wish of the Rules page back, made from how things stood before it."""

from collections.abc import Mapping

from core.control.facade import JsonValue
from core.domain.report import StatusReport
from tray.present import rules_page as page
from tray.present.answer import Answer
from tray.present.budgets import undo_of_budget
from tray.present.entries import Perform


def undo_of(
    wish: Perform, before: Mapping[str, Answer], after: Answer, report: StatusReport
) -> Perform | None:
    """The wish that undoes `wish`; None where nothing can.

    Args:
        wish: what was performed.
        before: by verb, what `pool`, `rule`, `budget` and `profile` answered before it.
        after: what the wish answered.
        report: the snapshot before it.
    """
    known = before.get(wish.verb, Answer({}))
    match wish.verb, wish.arguments.get("action"):
        case "pool", "create":
            return page.remove_pool(_text(wish, "pool"))
        case "pool", "remove":
            return _pool_again(known, _text(wish, "pool"))
        case "pool", "add" | "take":
            return _other_way(known, wish)
        case "rule", "add":
            numbers = {part.number("number") for part in known.parts("rules")}
            new = [p for p in after.parts("rules") if p.number("number") not in numbers]
            return page.remove_rule(f"{new[0].number('number'):.0f}") if new else None
        case "rule", "remove":
            return _rule_again(known, _text(wish, "value"))
        case "rule", "unknown":
            return page.elsewhere(page.elsewhere_now(known))
        case "budget", _:
            return undo_of_budget(wish, known, after)
        case "rotation", "strategy":
            return page.use_strategy(report.rotation.strategy)
        case "account", "weight":
            weights = {account.id: account.weight for account in report.accounts}
            named = next((id_ for id_ in weights if id_ == wish.arguments.get("account")), None)
            return None if named is None else page.set_weight(named, weights[named])
        case "profile", "use":
            return page.use_profile(known.text("in_use"))
        case _:
            return None


def _text(wish: Perform, name: str) -> str:
    value = wish.arguments.get(name)
    return value if isinstance(value, str) else ""


def _pool_again(pools: Answer, name: str) -> Perform | None:
    for part in pools.parts("pools"):
        if part.text("name") == name:
            return page.make_pool(name, [one.text("id") for one in part.parts("accounts")])
    return None


def _other_way(pools: Answer, wish: Perform) -> Perform | None:
    """Nothing was changed where the account was in, or out, before."""
    name, named = _text(wish, "pool"), wish.arguments.get("accounts")
    held = {
        account.text("id")
        for part in pools.parts("pools")
        if part.text("name") == name
        for account in part.parts("accounts")
    }
    account = named[0] if isinstance(named, list) and named else None
    adds = wish.arguments.get("action") == "add"
    if not isinstance(account, str) or (account in held) == adds:
        return None
    return page.change_pool("take" if adds else "add", name, account)


def _rule_again(rules: Answer, number: str) -> Perform | None:
    """The same rule under a new number."""
    for part in rules.parts("rules"):
        if f"{part.number('number'):.0f}" == number:
            arguments: dict[str, JsonValue] = {"action": "add"}
            texts = {name: part.text(name) for name in ("folder", "model", "client")}
            texts["pool"] = part.part("pool").text("name")
            arguments |= {name: text for name, text in texts.items() if text}
            accounts: list[JsonValue] = [one.text("id") for one in part.parts("accounts")]
            allow: list[JsonValue] = list(part.texts("models"))
            arguments |= {"account": accounts} if accounts else {}
            arguments |= {"allow": allow} if allow else {}
            if not (texts["pool"] or accounts or allow):
                arguments["any"] = True
            return Perform(verb="rule", arguments=arguments)
    return None
