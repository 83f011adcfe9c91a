"""A verb's JSON as text for people: one function a verb. The unknown is said to be unknown."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from core.cli.reader import Reader, Record, entries, record, shortened, table
from core.cli.render_account import render_account, render_rotation, render_thread
from core.cli.render_quota import render_check, render_quota
from core.cli.render_usage import render_usage
from core.cli.render_why import render_forecast, render_why
from core.control.facade import JsonValue


def render(verb: str, result: Record, reader: Reader) -> str:
    """The answer of `verb` as text, without a newline at its end."""
    return _RENDERERS.get(verb, _message)(result, reader)


def _message(result: Record, reader: Reader) -> str:
    """Verbs that answer with sentences put them into `messages`."""
    return "\n".join(str(line) for line in entries(result.get("messages")))


def _version(result: Record, reader: Reader) -> str:
    return f"turntable {result['version']}"


def _status(result: Record, reader: Reader) -> str:
    proxy, bind = record(result["proxy"]), record(result["bind"])
    verdict, vault = record(result["verdict"]), record(result["vault"])
    running = (
        reader.say("running as {mode} on {address}", mode=result["mode"], address=proxy["address"])
        if result["running"]
        else reader.say("not running")
    )
    locked = reader.say(" (locked)") if vault["locked"] else ""
    lines = [
        reader.say("Turntable {version}: {running}", version=result["version"], running=running),
        reader.say(
            "Codex:    {state} ({home})", state=_BIND[str(bind["state"])], home=bind["codex_home"]
        ),
        reader.say("Rotation: {text}", text=_rotation(result, reader)),
        reader.say("Vault:    {backend}{locked}", backend=vault["backend"], locked=locked),
        reader.say("Accounts: {text}", text=verdict["text"]),
    ]
    accounts = _account_table(entries(result["accounts"]), reader)
    notices = [f"! {record(n)['text']}" for n in entries(result["notices"])]
    return "\n".join([*lines, *(f"  {line}" for line in accounts), *notices])


_BIND = {
    "bound": "routed through Turntable",
    "unbound": "not routed",
    "drifted": "somebody changed the key since it was bound",
    "broken": "an act was cut short; the next start or `turntable unbind` finishes it",
}


def _rotation(result: Record, reader: Reader) -> str:
    rotation = record(result["rotation"])
    labels = {record(a)["id"]: str(record(a)["label"]) for a in entries(result["accounts"])}
    named = labels.get(rotation["account"], "")
    match rotation["mode"]:
        case "stay":
            until = reader.clock(rotation["until"])
            end = reader.say(" until {time}", time=until) if until else ""
            return reader.say(
                "stays on {label}{end}: no other account is used", label=named, end=end
            )
        case "use":
            return reader.say("prefers {label}; others serve when it cannot", label=named)
        case "paused":
            return reader.say("paused: no account changes")
        case _:
            following = labels.get(rotation["next"])
            text = reader.say("automatic, {strategy}", strategy=rotation["strategy"])
            return (
                text if following is None else text + reader.say("; next: {label}", label=following)
            )


def _accounts(result: Record, reader: Reader) -> str:
    lines = _account_table(entries(result["accounts"]), reader)
    return "\n".join(lines) or reader.say(
        "No account yet. `turntable import --from codex` takes Codex's own login."
    )


def _account_table(accounts: list[JsonValue], reader: Reader) -> list[str]:
    return table([_account_row(record(account), reader) for account in accounts])


def _account_row(account: Record, reader: Reader) -> tuple[str, str, str, str]:
    name = f"#{account['number']} {shortened(str(account['label']), 32)}"
    windows = [_window(record(w), reader) for w in entries(account["windows"])]
    left = " · ".join(w for w in windows if w) or reader.say("nothing known yet")
    return name, str(account["plan"]), _state(account, reader), left


def _state(account: Record, reader: Reader) -> str:
    state = str(account["state"]).replace("_", " ")
    until = reader.clock(account["until"])
    return reader.say("{state} until {time}", state=state, time=until) if until else state


def _window(window: Record, reader: Reader) -> str:
    """One window; those of single models are for `--json` and the windows."""
    if window["scope"] != "all":
        return ""
    minutes = cast("int", window["minutes"])
    name = {"session": f"{minutes / 60:.3g} h", "week": "week", "month": "month"}.get(
        str(window["kind"]), f"{minutes} min"
    )
    remaining = window["remaining"]
    if not isinstance(remaining, int | float):
        return reader.say("{name} unknown", name=name)
    resets = reader.clock(window["resets_at"])
    text = reader.say("{name} {left:.0f} % left", name=name, left=remaining)
    return text + (reader.say(", resets {time}", time=resets) if resets else "")


def _bind(result: Record, reader: Reader) -> str:
    return "\n".join(
        part for part in (str(result.get("diff") or "").rstrip(), _message(result, reader)) if part
    )


def _config(result: Record, reader: Reader) -> str:
    settings = [record(s) for s in entries(result.get("settings"))]
    lines = []
    for setting in settings:
        lines.append(f"{setting['key']} = {_toml(setting['value'])}")
        if result.get("action") == "explain":
            lines.append(
                reader.say(
                    "    {help}\n    from {source}; default {default}{limits}",
                    help=setting["help"],
                    source=setting["source"],
                    default=_toml(setting["default"]),
                    limits=f"; {setting['limits']}" if setting["limits"] else "",
                )
            )
    return "\n".join([*lines, _message(result, reader)]).strip()


def _log(result: Record, reader: Reader) -> str:
    lines = [log_line(record(row), reader) for row in entries(result["requests"])]
    return "\n".join(lines) or reader.say("No request yet.")


def log_line(row: Record, reader: Reader) -> str:
    """One request: when, what, who served and why."""
    account = row["account_label"] or "–"
    model = row["model"] or row["kind"]
    status = row["status"] if row["status"] is not None else "–"
    return (
        f"{reader.stamp(row['started_at']):>12}  {row['result']:<9} {status!s:>3}  "
        f"{account!s:<20.20}  {model!s:<16.16}  {row['because']}  {row['id']}"
    )


def _toml(value: JsonValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


_RENDERERS: Mapping[str, Callable[[Record, Reader], str]] = MappingProxyType(
    {
        "version": _version,
        "status": _status,
        "accounts": _accounts,
        "bind": _bind,
        "config": _config,
        "log": _log,
        "account": render_account,
        "rotation": render_rotation,
        "thread": render_thread,
        "check": render_check,
        "why": render_why,
        "usage": render_usage,
        "simulate": render_why,
        "forecast": render_forecast,
        "quota": render_quota,
    }
)
