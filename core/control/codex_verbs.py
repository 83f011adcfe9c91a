"""The rows of the verbs that are about Codex's own files and programs."""

from core.control.parameters import CODEX_HOME, PASSPHRASE
from core.control.verb import Access, Kind, Parameter, Verb

CODEX_VERBS = (
    Verb(
        name="codex",
        summary="Run the installed Codex through Turntable for this one time.",
        function="codex_run:codex",
        access=Access.OWNER,
        parameters=(
            Parameter(
                name="account",
                help="Use this account and no other.",
                metavar="ACCOUNT",
            ),
            Parameter(
                name="direct", help="Past Turntable, with Codex’s own login.", kind=Kind.FLAG
            ),
            Parameter(name="run", help="The run's lock, which its process holds.", hidden=True),
        ),
    ),
    Verb(
        name="switch",
        summary="Change Codex’s own login (auth.json), checked before and undoable.",
        function="switch:switch",
        access=Access.WRITE,
        parameters=(
            Parameter(name="account", help="Whose login Codex shall have.", positional=True),
            Parameter(name="undo", help="Take the last switch back.", kind=Kind.FLAG),
            Parameter(
                name="reopen",
                help="Quit Codex’s desktop app before, and open it again afterwards.",
                kind=Kind.FLAG,
            ),
            Parameter(name="dry_run", help="Check, and say what would happen.", kind=Kind.FLAG),
            CODEX_HOME,
            PASSPHRASE,
        ),
    ),
    Verb(
        name="history",
        summary="List the chats that Codex knows, and the account each lives on.",
        function="history:history",
        access=Access.READ,
        parameters=(
            Parameter(
                name="all_providers",
                help="Also those that Codex’s own list leaves out: of every provider.",
                kind=Kind.FLAG,
            ),
            Parameter(
                name="last",
                help="How many; default 50.",
                kind=Kind.NUMBER,
                metavar="N",
                least=1,
                most=1000,
            ),
            CODEX_HOME,
        ),
    ),
    Verb(
        name="resume-stopped",
        summary="List the chats that ended on a limit; go on with one.",
        function="resume_stopped:resume_stopped",
        access=Access.READ,
        parameters=(
            Parameter(
                name="thread",
                help="Its id, or the beginning of it: opens it in Codex, through Turntable.",
                positional=True,
            ),
            Parameter(name="since", help="How far back; default 7d.", metavar="TIME"),
        ),
    ),
    Verb(
        name="startup",
        summary="Start Turntable at login, or not; see what is really there.",
        function="startup:startup",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="action",
                help="enable, disable or status.",
                positional=True,
                required=True,
                choices=("enable", "disable", "status"),
            ),
            Parameter(
                name="serve",
                help="With enable: the server without a desktop.",
                kind=Kind.FLAG,
            ),
        ),
    ),
    Verb(
        name="launcher",
        summary="An entry among the programs: Codex’s desktop app, once Turntable answers.",
        function="launcher:launcher",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="action",
                help="install, remove or status; open: what the entry does.",
                positional=True,
                required=True,
                choices=("install", "remove", "status", "open"),
            ),
        ),
    ),
    Verb(
        name="uninstall",
        summary="Stop, give Codex back, remove what starts at login; the data stays.",
        function="uninstall:uninstall",
        access=Access.FILES,
        parameters=(
            Parameter(name="dry_run", help="Say what would happen.", kind=Kind.FLAG),
            Parameter(
                name="purge", help="Also remove every login, setting and number.", kind=Kind.FLAG
            ),
        ),
    ),
)
