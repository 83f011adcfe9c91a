"""Pools, rules, profiles and the choice of accounts, as tables and as wishes."""

from collections.abc import Sequence

from core.control.facade import JsonValue
from core.domain.report import StatusReport
from core.domain.settings import STRATEGIES
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.names import shown_name
from tray.present.rows import Row, row
from tray.present.settings_page import as_typed
from tray.present.tone import Tone

POOLS = Perform(verb="pool")
RULES = Perform(verb="rule")
PROFILES = Perform(verb="profile")
NONE = ""
"""What a list offers for nothing in particular."""


def strategies(report: StatusReport, *, speech: Speech) -> tuple[Row, ...]:
    """Every strategy with its definition; the one in force is marked."""
    meanings = _strategy_meanings(speech)
    return tuple(
        row(
            name,
            name,
            speech.say("in force") if name == report.rotation.strategy else "",
            meanings.get(name, ""),
            tone=Tone.GOOD,
        )
        for name in STRATEGIES
    )


def steering_words(speech: Speech) -> str:
    """What *automatic*, *use* and *stay* mean, beside the strategies."""
    return speech.say(
        "A strategy decides only who gets a new chat; a known chat stays with its account while "
        "that can serve. Use an account: new chats begin with it, others serve when it cannot. "
        "Stay on an account: no other is ever used, and when it cannot serve, nobody does. Rules, "
        "reserves and waits come before all of it."
    )


def weights(report: StatusReport, *, speech: Speech) -> tuple[Row, ...]:
    """Every account's weight, and its share of the new chats under the strategy `weighted`."""
    total = sum(account.weight for account in report.accounts) or 1
    return tuple(
        row(
            account.id,
            shown_name(account.label, 48),
            str(account.weight),
            speech.say("{percent} %", percent=round(100 * account.weight / total)),
        )
        for account in report.accounts
    )


def profiles(answer: Answer, *, speech: Speech) -> tuple[Row, ...]:
    """Every profile, and what it says."""
    return tuple(
        row(
            part.text("name"),
            part.text("name"),
            speech.say("in use") if part.flag("in_use") else "",
            part.text("help") or _values(part),
            tone=Tone.GOOD,
        )
        for part in answer.parts("profiles")
    )


def pools(answer: Answer, *, speech: Speech) -> tuple[Row, ...]:
    """Every pool, who is in it, and who names it."""
    return tuple(
        row(
            part.text("id"),
            shown_name(part.text("name")),
            _labels(part.parts("accounts")) or speech.say("nobody"),
            _named_by(part, speech),
        )
        for part in answer.parts("pools")
    )


def pool_names(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Every pool to be chosen from: its name is how verbs know it."""
    names = (part.text("name") for part in answer.parts("pools"))
    return tuple((name, shown_name(name)) for name in names)


def account_names(report: StatusReport) -> tuple[tuple[str, str], ...]:
    """Every account to be chosen from."""
    return tuple((account.id, shown_name(account.label, 48)) for account in report.accounts)


def rules(answer: Answer) -> tuple[Row, ...]:
    """Every rule, the one that goes before the others first."""
    return tuple(
        row(
            str(int(part.number("number") or 0)),
            f"#{int(part.number('number') or 0)}",
            part.text("fits"),
            part.text("counts"),
        )
        for part in answer.parts("rules")
    )


def rule_words(answer: Answer, *, speech: Speech) -> str:
    """Which rule counts where several fit, and what counts where none does."""
    if answer.flag("unreadable"):
        return speech.say("The stored rules are damaged: nothing is served until they are cleared.")
    unknown = answer.part("unknown")
    if not answer.parts("rules"):
        return speech.say("There is no rule: any account may serve anything.")
    if not unknown.flag("in_force"):
        return answer.text("order")
    elsewhere = speech.say(
        "Folders that no rule covers: {unknown}.", unknown=unknown.text("counts")
    )
    return f"{answer.text('order')} {elsewhere}"


def make_pool(name: str, accounts: Sequence[str]) -> Perform:
    """A new pool."""
    held: list[JsonValue] = list(accounts)
    return Perform(verb="pool", arguments={"action": "create", "pool": name, "accounts": held})


def change_pool(action: str, name: str, account: str) -> Perform:
    """Put an account in (`add`), or take it out (`take`)."""
    return Perform(verb="pool", arguments={"action": action, "pool": name, "accounts": [account]})


def remove_pool(name: str) -> Perform:
    """A pool that nobody names any more."""
    return Perform(verb="pool", arguments={"action": "remove", "pool": name})


def add_rule(
    *, folder: str, model: str, client: str, pool: str, account: str, allow: str
) -> Perform:
    """A new rule; what is empty is left out, and nothing at all means that any account may."""
    arguments: dict[str, JsonValue] = {"action": "add"}
    texts = {"folder": folder, "model": model, "client": client, "pool": pool}
    arguments |= {name: text for name, text in texts.items() if text}
    if account:
        arguments["account"] = [account]
    if allowed := [part.strip() for part in allow.split(",") if part.strip()]:
        arguments["allow"] = list(allowed)
    if not (pool or account or allowed):
        arguments["any"] = True
    return Perform(verb="rule", arguments=arguments)


def remove_rule(number: str) -> Perform:
    """A rule less."""
    return Perform(verb="rule", arguments={"action": "remove", "value": number})


def elsewhere(value: str) -> Perform:
    """What counts in folders that no rule covers: `refuse`, `any`, or a pool."""
    return Perform(verb="rule", arguments={"action": "unknown", "value": value})


def elsewhere_choices(answer: Answer, *, speech: Speech) -> tuple[tuple[str, str], ...]:
    """The words of `rule unknown`, and every pool."""
    return (
        ("refuse", speech.say("refuse")),
        ("any", speech.say("any account")),
        *pool_names(answer),
    )


def elsewhere_now(answer: Answer) -> str:
    """What is chosen of them now."""
    unknown = answer.part("unknown")
    return unknown.part("pool").text("name") or unknown.text("otherwise")


def use_strategy(name: str) -> Perform:
    """Choose by it from now on."""
    return Perform(verb="rotation", arguments={"action": "strategy", "value": name})


def set_weight(account: str, weight: int) -> Perform:
    """An account's share."""
    arguments: dict[str, JsonValue] = {
        "action": "weight", "account": account, "value": str(weight),
    }  # fmt: skip
    return Perform(verb="account", arguments=arguments)


def use_profile(name: str) -> Perform:
    """Use a profile, or none."""
    return Perform(verb="profile", arguments={"action": "use", "name": name or "none"})


def keep_profile(name: str, settings: Answer) -> Perform:
    """Keep what `config explain` says of routing as a profile of one's own."""
    said = [
        f"{part.text('key')}={as_typed(part.raw('value'))}"
        for part in settings.parts("settings")
        if part.text("key").startswith("routing.") and part.text("key") != "routing.profile"
    ]
    values: list[JsonValue] = list(said)
    return Perform(verb="profile", arguments={"action": "set", "name": name, "values": values})


def remove_profile(name: str) -> Perform:
    """One of the user's own."""
    return Perform(verb="profile", arguments={"action": "remove", "name": name})


def _values(part: Answer) -> str:
    values = part.part("values").whole()
    said = (f"{key.partition('.')[2]} {as_typed(value)}" for key, value in values.items())
    return ", ".join(said)


def _labels(parts: Sequence[Answer]) -> str:
    return ", ".join(shown_name(part.text("label")) for part in parts)


def _named_by(part: Answer, speech: Speech) -> str:
    numbers = part.raw("rules")
    told = [f"#{number}" for number in numbers] if isinstance(numbers, list) else []
    if part.flag("unknown"):
        told.append(speech.say("folders without a rule"))
    told += [shown_name(client) for client in part.texts("clients")]
    return ", ".join(told)


def _strategy_meanings(speech: Speech) -> dict[str, str]:
    return {
        "balanced": speech.say("the account that would lose most at its next reset"),
        "sticky": speech.say("one account until it is blocked, then the next"),
        "round-robin": speech.say("each account in turn"),
        "hybrid": speech.say("each account in turn; another name for round-robin"),
        "least-used": speech.say("the account with the fewest tokens in its current window"),
        "random": speech.say("any account, at random"),
        "weighted": speech.say("each account in turn, as often as its weight says"),
        "drain-first": speech.say("the account that resets soonest, until it is used up"),
    }
