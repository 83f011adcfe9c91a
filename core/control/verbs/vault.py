"""vault: what opens your logins; more ways, fewer ways, a new key."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.app import App
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode
from core.storage.slots import SlotKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAnswer:
    """The answer of `vault`.

    Attributes:
        slots: what opens the logins now.
        locked: whether they are closed.
        recovery_code: a code that was made now, and is shown this once.
        messages: the same, in sentences.
    """

    slots: tuple[str, ...]
    locked: bool
    recovery_code: str | None
    messages: tuple[str, ...]


async def vault(app: App, arguments: Arguments) -> VaultAnswer:
    """Show the slots, or change them; each change is whole or none."""
    action = arguments.text("action") or "slots"
    held = app.folder.vault
    code: str | None = None
    if action == "recover":
        await _recover(app, arguments)
    elif action != "slots":
        _require_logins(app)
        await app.unlock(arguments.text("passphrase"))
        code = await _change(app, action, arguments)
    kinds = tuple(kind.value for kind in SlotKind if kind in held.slots)
    return VaultAnswer(
        slots=kinds,
        locked=held.locked,
        recovery_code=code,
        messages=_told(app, action, kinds, code),
    )


async def first_recovery_code(app: App) -> str | None:
    """Make the code that belongs to a first login; None where there is one, or nothing sealed."""
    held = app.folder.vault
    if held.locked or not held.slots or SlotKind.RECOVERY in held.slots:
        return None
    return await held.make_recovery_code()


async def _change(app: App, action: str, arguments: Arguments) -> str | None:
    held = app.folder.vault
    match action:
        case "add-passphrase":
            await held.use_passphrase(_new_passphrase(arguments))
        case "add-keyring":
            await held.use_keyring()
        case "recovery-code":
            return await held.make_recovery_code()
        case "rekey":
            return await held.rekey(arguments.text("passphrase"))
        case _:
            kind = arguments.text("slot")
            if kind is None:
                raise _usage("vault remove needs keyring, passphrase or recovery.")
            await held.remove_slot(SlotKind(kind))
    return None


async def _recover(app: App, arguments: Arguments) -> None:
    """Open by the recovery code, then let a new passphrase open it from now on."""
    _require_logins(app)
    code = arguments.text("recovery_code")
    if code is None:
        message = "The recovery code is missing; it was shown when it was made."
        hint = "Type it when you are asked, or set TURNTABLE_RECOVERY_CODE."
        raise CoreError("recovery_code_needed", message, hint, exit_code=ExitCode.LOCKED)
    fresh = _new_passphrase(arguments)
    await app.folder.vault.unlock(recovery=code)
    await app.folder.vault.use_passphrase(fresh)


def _new_passphrase(arguments: Arguments) -> str:
    given = arguments.text("new_passphrase")
    if given is None:
        message = "A new passphrase is needed; nothing was changed."
        hint = "Type it when you are asked, or set TURNTABLE_NEW_PASSPHRASE."
        raise CoreError("new_passphrase_needed", message, hint, exit_code=ExitCode.USAGE)
    return given


def _require_logins(app: App) -> None:
    if not app.folder.vault.slots:
        message = "There is no login yet, and so nothing to open."
        raise CoreError("no_login_yet", message, "Add one with `turntable import`.")


_DONE: Mapping[str, str] = MappingProxyType(
    {
        "add-passphrase": "The new passphrase opens your logins; an earlier one does not.",
        "add-keyring": "The system’s keyring opens your logins.",
        "recovery-code": "An earlier recovery code opens nothing any more.",
        "rekey": "Everything is sealed under a new key. Older backups still open as before.",
        "remove": "It opens your logins no more. Older backups still open with it.",
        "recover": "Your logins are open, and the new passphrase opens them from now on.",
    }
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "keyring": "the system’s keyring",
        "passphrase": "a passphrase",
        "recovery": "a recovery code",
    }
)


def _told(app: App, action: str, kinds: tuple[str, ...], code: str | None) -> tuple[str, ...]:
    say = app.speech.say
    if not kinds:
        return (say("There is no login yet, and so nothing to open."),)
    named = ", ".join(say(_KINDS[kind]) for kind in kinds)
    lines = [] if action == "slots" else [say(_DONE[action])]
    lines.append(say("What opens your logins: {slots}.", slots=named))
    if code is not None:
        lines += told_code(app, code)
    return tuple(lines)


def told_code(app: App, code: str) -> tuple[str, ...]:
    """A recovery code that was made now, and what to do with it."""
    return (
        app.speech.say("Recovery code: {code}", code=code),
        app.speech.say(
            "Write it down: it opens your logins when keyring and passphrase are lost, "
            "and it is not shown again."
        ),
    )


def _usage(message: str) -> CoreError:
    hint = "`turntable vault --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
