"""Checks of ourselves: does the listener answer, are the logins at hand, is the folder private."""

import hmac
import shutil
import stat

from core.binding.proof import proof
from core.doctor.finding import Finding, Health, Subject
from core.domain.decision import AccountState
from core.runtime.failing import what_failed

_ENOUGH_BYTES = 100 * 1024 * 1024
_WANT_A_HAND = frozenset({AccountState.NEEDS_SIGN_IN, AccountState.UNVERIFIED})


async def listener(subject: Subject) -> Finding:
    """The listener answers, and proves that it is this Turntable and no other program."""
    import httpx

    say = subject.speech.say
    title = say("Listener")
    if subject.port is None or subject.identity is None:
        return Finding(
            check="listener",
            title=title,
            health=Health.BAD,
            text=say("Turntable is not running; nobody listens."),
            hint=say("Start it with `turntable`, or `turntable serve` without a desktop."),
        )
    address = f"http://127.0.0.1:{subject.port}/health"
    try:
        async with subject.connect_here() as client:
            answer = await client.get(address, params={"nonce": subject.nonce})
            said = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        why = what_failed(type(error).__name__)
        text = say("Nobody answers on port {port} ({why}).", port=subject.port, why=why)
        return Finding(check="listener", title=title, health=Health.BAD, text=text)
    identity = subject.identity
    wanted = proof(identity.key, nonce=subject.nonce, port=subject.port, bind=identity.bind)
    shown = said.get("proof") if isinstance(said, dict) else None
    if not isinstance(shown, str) or not hmac.compare_digest(shown, wanted):
        text = say("Another program answers on port {port}.", port=subject.port)
        return Finding(check="listener", title=title, health=Health.BAD, text=text)
    text = say("It answers on port {port}, and proves that it is ours.", port=subject.port)
    return Finding(check="listener", title=title, health=Health.GOOD, text=text)


async def port(subject: Subject) -> Finding:
    """The wanted port is ours, or another program has it."""
    say = subject.speech.say
    title, wanted = say("Port"), subject.settings.proxy.port
    if subject.port is None:
        text = say("Nobody listens, so there is no port.")
        return Finding(check="port", title=title, health=Health.UNKNOWN, text=text)
    if subject.port == wanted:
        text = say("{port}, as the settings say.", port=wanted)
        return Finding(check="port", title=title, health=Health.GOOD, text=text)
    return Finding(
        check="port",
        title=title,
        health=Health.ODD,
        text=say(
            "{wanted} was taken or another one was bound, so {port} serves; the bind follows.",
            wanted=wanted,
            port=subject.port,
        ),
        hint=say("Nothing needs to be done; `proxy.port` names another one for good."),
    )


async def vault(subject: Subject) -> Finding:
    """The logins can be opened."""
    say = subject.speech.say
    title, known = say("Logins"), subject.report.vault
    if known.locked:
        return Finding(
            check="vault",
            title=title,
            health=Health.BAD,
            text=say("Your logins are locked; nothing can be sent."),
            hint=say("Unlock the keyring, or type the passphrase after `turntable unlock`."),
        )
    match known.backend:
        case "keyring":
            text = say("Sealed; the key lies in the system’s keyring.")
        case "passphrase":
            text = say("Sealed by your passphrase; this system has no keyring that we trust.")
        case _:
            text = say("There is none yet.")
    return Finding(check="vault", title=title, health=Health.GOOD, text=text)


async def accounts(subject: Subject) -> Finding:
    """Somebody can serve, and nobody waits for a hand."""
    say = subject.speech.say
    title, known = say("Accounts"), subject.report.accounts
    if not known:
        hint = say("`turntable login` adds the first.")
        text = say("There is no account yet.")
        return Finding(check="accounts", title=title, health=Health.ODD, text=text, hint=hint)
    waiting = [account.label for account in known if account.state in _WANT_A_HAND]
    if waiting:
        return Finding(
            check="accounts",
            title=title,
            health=Health.ODD,
            text=say("A new sign-in is needed: {names}.", names=", ".join(waiting)),
            hint=say("`turntable login --again ACCOUNT` signs one in again."),
        )
    ready = sum(account.state == AccountState.READY for account in known)
    if ready == 0:
        text = say("None of {count} can serve now.", count=len(known))
        return Finding(check="accounts", title=title, health=Health.ODD, text=text)
    text = say("{ready} of {count} can serve now.", ready=ready, count=len(known))
    return Finding(check="accounts", title=title, health=Health.GOOD, text=text)


async def folder(subject: Subject) -> Finding:
    """The data folder is nobody else's, and there is room."""
    say = subject.speech.say
    title, root = say("Data folder"), subject.data_folder
    try:
        mode = stat.S_IMODE(root.stat().st_mode)
        free = shutil.disk_usage(root).free
    except OSError as error:
        text = say("{path} cannot be looked at ({why}).", path=root, why=error.strerror or error)
        return Finding(check="folder", title=title, health=Health.BAD, text=text)
    if free < _ENOUGH_BYTES:
        return Finding(
            check="folder",
            title=title,
            health=Health.BAD,
            text=say("Only {mb} MB are free on its disk.", mb=free // 1024**2),
            hint=say("Make room: logins that are renewed must be written down."),
        )
    if mode & 0o022:
        return Finding(
            check="folder",
            title=title,
            health=Health.ODD,
            text=say("Others may write into {path}.", path=root),
            fix=say("Only you will be able to read and write {path}.", path=root),
        )
    text = say("{path}, with {gb} GB free.", path=root, gb=round(free / 1024**3))
    return Finding(check="folder", title=title, health=Health.GOOD, text=text)
