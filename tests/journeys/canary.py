"""Looks for pieces of secrets in whatever a program left behind."""

import asyncio
import re
import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from core.control.visitor import Visitor
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.journeys.turntable import Ran, Turntable

PIECE = 12
"""So many characters of a secret in a row are a leak."""

PASSPHRASE = "canary-passphrase-of-the-vault"
FILE_PASSPHRASE = "canary-passphrase-of-a-file"
NEW_PASSPHRASE = "canary-passphrase-that-is-new"


class Canaries:
    """Secrets that must be found nowhere, by name."""

    def __init__(self) -> None:
        self._pieces: dict[bytes, str] = {}

    def add(self, name: str, secret: str) -> None:
        """From now on every piece of `secret` counts."""
        content = secret.encode()
        assert len(content) >= PIECE, f"{name} is too short to be looked for"
        for at in range(len(content) - PIECE + 1):
            self._pieces.setdefault(content[at : at + PIECE], name)

    def in_content(self, content: bytes) -> str | None:
        """The name of a secret of which a piece stands there."""
        for at in range(len(content) - PIECE + 1):
            name = self._pieces.get(content[at : at + PIECE])
            if name is not None:
                return name
        return None

    def found(self, places: Mapping[str, bytes]) -> list[str]:
        """A line for each place that holds a piece of one."""
        leaks = ((place, self.in_content(content)) for place, content in places.items())
        return [f"{place}: {name}" for place, name in leaks if name is not None]


def files_below(folder: Path, *, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Every file below a folder, whole; parts of paths that are left out are named."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part in path.parts for part in but)
    }


class Journey:
    """A user's way through the program, every word of its answers kept."""

    def __init__(
        self,
        folder: Path,
        back_end: StandIn,
        port: int,
        *,
        codex_home: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.back_end = back_end
        self.codex_home = codex_home or folder / "codex"
        self.codex_home.mkdir(exist_ok=True)
        self.said: dict[str, bytes] = {}
        self.canaries = Canaries()
        for word in (PASSPHRASE, FILE_PASSPHRASE, NEW_PASSPHRASE):
            self.canaries.add(word, word)
        self.turntable = Turntable(
            folder / "turntable",
            {
                "PATH": "",
                "HOME": str(folder),
                "CODEX_HOME": str(self.codex_home),
                "TURNTABLE_PASSPHRASE": PASSPHRASE,
                "TURNTABLE_FILE_PASSPHRASE": FILE_PASSPHRASE,
                "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
                "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
                "TURNTABLE_PROXY_PORT": str(port),
                "TURNTABLE_LOG_LEVEL": "debug",
                **(env or {}),
            },
        )

    def login(self, name: str) -> Login:
        """A person whose tokens are canaries."""
        login = make_login(name, salt="canary")
        self.watch(login)
        self.back_end.add(login)
        return login

    def watch(self, login: Login) -> None:
        """Look for the tokens of this login."""
        for kind in ("id_token", "access_token", "refresh_token"):
            # Without the algorithm, which every unsigned token shares.
            token = str(getattr(login, kind)).partition(".")[2] or str(getattr(login, kind))
            self.canaries.add(f"{login.name}'s {kind}", token)

    async def do(self, *words: str, **env: str) -> Ran:
        """A verb, as text and as JSON; what it says is kept."""
        for given in (words, (*words, "--json")):
            ran = await self.turntable.run(*given, timeout_s=30.0, **env)
            self.keep(" ".join(given), ran)
        return ran

    async def do_all(self, *verbs: str) -> None:
        """Verbs that only look, a few at a time."""
        few = asyncio.Semaphore(3)

        async def one(verb: str) -> None:
            async with few:
                await self.do(*verb.split())

        await asyncio.gather(*(one(verb) for verb in verbs))

    def keep(self, words: str, ran: Ran) -> None:
        self.said[f"{len(self.said)} {words}"] = (ran.stdout + ran.stderr).encode()

    @property
    def bind_secret(self) -> str:
        """What config.toml holds while Codex is bound, and no other place may show."""
        config = tomllib.loads((self.codex_home / "config.toml").read_text())
        match = re.search(r"/c/([^/]+)/", config["openai_base_url"])
        assert match is not None
        return match[1]

    async def turn(self) -> int | None:
        config = tomllib.loads((self.codex_home / "config.toml").read_text())
        return await Visitor().turn(config["openai_base_url"])

    def leaks(self) -> list[str]:
        """Where a piece of a secret stands that may not."""
        # The undo journal of a bind knows the bind's secret: it is what config.toml holds.
        kept = files_below(self.turntable.home)
        return self.canaries.found(self.said) + self.canaries.found(kept)


@asynccontextmanager
async def served(journey: Journey) -> AsyncIterator[None]:
    """The server, its own streams kept, killed at the end: what it left is a crash's."""
    async with journey.turntable.serve() as serving:
        yield
        serving.kill()
        stdout, stderr = await serving.process.communicate()
        journey.said[f"{len(journey.said)} serve"] = stdout + stderr
