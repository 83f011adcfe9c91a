"""No piece of a token, passphrase, code or bind secret is anywhere but where it must be."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.control.codec import to_json
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError
from core.standin.server import StandIn
from tests.core.accounts.stores.documents import aliased, listed, sealed, written
from tests.fakes.tokens import write_auth_json
from tests.journeys.canary import (
    FILE_PASSPHRASE,
    NEW_PASSPHRASE,
    PASSPHRASE,
    Canaries,
    Journey,
    files_below,
    served,
)


@pytest.fixture
async def journey(tmp_path: Path, back_end: StandIn, free_port: int) -> Journey:
    return Journey(tmp_path, back_end, free_port)


async def bring_in(journey: Journey) -> None:
    """Logins by every way in that needs no browser; good files, and broken ones."""
    a, b, c, d = (journey.login(name) for name in "ABCD")
    write_auth_json(journey.codex_home, a)
    first = await journey.turntable.run("import", "--from", "codex", "--json")
    assert first.exit_code == 0, first.stdout
    code = first.json["recovery_code"]
    # It is shown once, and from then on it is a secret like the others.
    journey.canaries.add("the recovery code", code)
    journey.said["the first import"] = first.stdout.replace(code, "").encode()
    store = written(journey.folder / "stores" / "list.json", listed(b))
    await journey.do("import", str(store), "--dry-run")
    await journey.do("import", str(store), "--take")
    sealed_store = journey.folder / "stores" / "sealed.json"
    written(sealed_store, sealed(aliased(c, d), FILE_PASSPHRASE))
    await journey.do("import", str(sealed_store))
    broken = journey.folder / "stores" / "broken.json"
    for text in (
        json.dumps(listed(b))[:-40],
        json.dumps(a.auth_json)[:-40],
        json.dumps(listed(b, version=99)),
        json.dumps({"tokens": {"access_token": [a.access_token]}}),
        json.dumps({"auth_mode": a.refresh_token}),
    ):
        broken.write_text(text)
        await journey.do("import", str(broken))
    await journey.do("import", str(sealed_store), TURNTABLE_FILE_PASSPHRASE=NEW_PASSPHRASE)
    await journey.do("accounts", TURNTABLE_PASSPHRASE=NEW_PASSPHRASE)


async def work(journey: Journey) -> None:
    """Turns that are served, limited, refused and renewed."""
    await journey.do("bind", "--dry-run")
    await journey.do("bind")
    journey.canaries.add("the bind secret", journey.bind_secret)
    assert await journey.turn() == 200
    journey.back_end.limit("A", until=datetime.now(UTC) + timedelta(hours=2))
    await journey.do("use", "B")
    # B is ours: its token is refused, its refresh token presented, and the next one sealed.
    journey.back_end.issuer.expire_access("B")
    assert await journey.turn() == 200
    assert [r.path for r in journey.back_end.requests].count("/oauth/token") == 1
    (family,) = journey.back_end.issuer.families_of("B")
    journey.watch(family.login)
    journey.back_end.revoke("C")
    await journey.do("stay", "alias-C")
    await journey.turn()
    await journey.do("auto")
    await journey.do_all(
        "status", "accounts", "account show #2", "check", "quota --refresh", "forecast", "best",
        "why", "why --last 5", "simulate", "log", "thread", "rotation", "doctor", "bind status",
        "bind diff", "config explain", "vault", "verify", "restore", "startup status",
    )  # fmt: skip
    await journey.do_all("check --flagged", "check --deep", "verify --proxy")
    await journey.do("check", "--flagged", "--restore")
    await journey.do("log", "--last", "nothing")
    await watched(journey)


async def watched(journey: Journey) -> None:
    """What the control endpoint tells a face."""
    remote = RemoteFacade(journey.turntable.home / "run" / "control.sock")
    journey.said["status at the endpoint"] = json.dumps(to_json(await remote.status())).encode()
    seen = remote.watch()
    journey.said["watched"] = repr(await anext(seen)).encode()
    await seen.aclose()
    for verb, arguments in (("import", {"file": PASSPHRASE[:5]}), ("no-such-verb", {})):
        try:
            await remote.perform(verb, arguments)
        except CoreError as error:
            journey.said[f"{verb} at the endpoint"] = f"{error!r} {error.hint}".encode()


async def keep_safe(journey: Journey) -> None:
    """Backups of both kinds, an export, and a key that is new."""
    out = journey.folder / "out"
    out.mkdir()
    for verb in ("backup", "export"):
        await journey.do(verb, str(out / f"mine.{verb}"))
    await journey.do("restore", str(out / "mine.backup"), "--dry-run")
    await journey.do("restore", str(out / "mine.backup"))
    await journey.do("import", str(out / "mine.export"))
    half = out / "half.backup"
    half.write_bytes((out / "mine.backup").read_bytes()[:700])
    await journey.do("restore", str(half))
    await journey.do("vault", "add-passphrase", TURNTABLE_NEW_PASSPHRASE=NEW_PASSPHRASE)
    assert journey.canaries.found(files_below(out)) == []


@pytest.mark.timeout(300)
async def test_no_journey_leaves_a_piece_of_a_secret_behind(journey: Journey) -> None:
    await bring_in(journey)
    async with served(journey):
        await work(journey)
        await keep_safe(journey)
    await journey.do("accounts", TURNTABLE_PASSPHRASE=NEW_PASSPHRASE)
    await journey.do("verify", TURNTABLE_PASSPHRASE=NEW_PASSPHRASE)
    await journey.do("logout", "--all", TURNTABLE_PASSPHRASE=NEW_PASSPHRASE)
    await journey.do("unbind")
    assert journey.leaks() == []
    # There was something to search: each verb's answers, a log, a backup of our own.
    assert len(journey.said) > 80
    left = [name.partition("/")[0] for name in files_below(journey.turntable.home)]
    assert {"log", "backups", "vault.db", "ledger.db"} <= set(left)


def test_a_leak_would_be_found() -> None:
    canaries = Canaries()
    canaries.add("a token", "fake-refresh-canary-token")
    places = {"log": b"refresh of acc_1: esh-canary-t was refused", "other": b"esh-canary-"}
    assert canaries.found(places) == ["log: a token"]
