"""The one table of verbs. The command line, the tray and the control endpoint all follow it."""

from collections.abc import Mapping
from types import MappingProxyType

from core.control.client_verbs import CLIENT_VERBS
from core.control.codex_verbs import CODEX_VERBS
from core.control.limit_verbs import LIMIT_VERBS
from core.control.login_verbs import LOGIN_VERBS
from core.control.parameters import ACCOUNT, CODEX_HOME, PASSPHRASE
from core.control.routing_verbs import ROUTING_VERBS
from core.control.rule_verbs import RULE_VERBS
from core.control.storage_verbs import STORAGE_VERBS
from core.control.verb import Access, Arguments, Kind, Parameter, Verb

CHECKS = (
    "listener", "path", "bind", "in-force", "login", "accounts",
    "vault", "port", "clock", "egress", "other-tools", "detours", "folder",
)  # fmt: skip
"""What the doctor looks at; `core.doctor` is imported only when it is called."""

_CONFIG_WRITES = ("set", "unset")


def _bind_access(arguments: Arguments) -> Access:
    """Looking at a bind needs only files; making one needs a proxy that listens."""
    looks = arguments.text("action") is not None or arguments.flag("dry_run")
    return Access.FILES if looks else Access.OWNER


_TABLE = (
    *LOGIN_VERBS,
    *STORAGE_VERBS,
    Verb(
        name="accounts",
        summary="List the accounts and what is left of their limits.",
        function="accounts:accounts",
        access=Access.READ,
    ),
    Verb(
        name="status",
        summary="Show everything at a glance.",
        function="engine:status",
        access=Access.READ,
        parameters=(CODEX_HOME,),
    ),
    Verb(
        name="use",
        summary="Prefer an account; others still serve when it is limited.",
        function="rotation:use",
        access=Access.WRITE,
        parameters=(ACCOUNT,),
    ),
    Verb(
        name="stay",
        summary="Force an account: no other is used, whatever happens.",
        function="rotation:stay",
        access=Access.WRITE,
        parameters=(
            ACCOUNT,
            Parameter(
                name="for", help="For how long: 30m, 2h, 1d; default: until `auto`.", metavar="TIME"
            ),
        ),
    ),
    Verb(
        name="auto",
        summary="Choose automatically again; ends use and stay.",
        function="rotation:auto",
        access=Access.WRITE,
    ),
    Verb(
        name="bind",
        summary="Route Codex through Turntable (one key in config.toml).",
        function="binding:bind",
        access=Access.OWNER,
        access_of=_bind_access,
        parameters=(
            Parameter(
                name="action",
                help="Only look: status (how the bind stands) or diff (what it would change).",
                positional=True,
                choices=("status", "diff"),
            ),
            Parameter(name="dry_run", help="Show the change, make none.", kind=Kind.FLAG),
            Parameter(name="replace", help="Replace another gateway’s address.", kind=Kind.FLAG),
            Parameter(name="rotate", help="Use a new secret.", kind=Kind.FLAG),
            CODEX_HOME,
        ),
    ),
    Verb(
        name="unbind",
        summary="Give Codex’s config.toml back; what was edited meanwhile stays.",
        function="binding:unbind",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="force",
                help="Put the old value back over a later change by somebody else.",
                kind=Kind.FLAG,
            ),
            CODEX_HOME,
        ),
    ),
    *CODEX_VERBS,
    *CLIENT_VERBS,
    *ROUTING_VERBS,
    *RULE_VERBS,
    *LIMIT_VERBS,
    Verb(
        name="config",
        summary="Read and change settings.",
        function="settings:config",
        access=Access.FILES,
        parameters=(
            Parameter(
                name="action",
                help="get (all without a key), set, unset (back to the default), reset (all of "
                "them), explain (what it means and who says its value), path (of settings.toml).",
                positional=True,
                required=True,
                choices=("get", "set", "unset", "reset", "explain", "path"),
            ),
            Parameter(name="key", help="section.name, e.g. proxy.port.", positional=True),
            Parameter(name="value", help="The new value.", positional=True),
        ),
    ),
    Verb(
        name="log",
        summary="Show the newest requests: who served, and why.",
        function="log:log",
        access=Access.READ,
        parameters=(
            Parameter(
                name="last",
                help="How many; default 20.",
                kind=Kind.NUMBER,
                metavar="N",
                least=1,
                most=10_000,
            ),
        ),
    ),
    Verb(
        name="doctor",
        summary="Find what is wrong on the path of a real request; mend what is one step.",
        function="doctor:doctor",
        access=Access.READ,
        parameters=(
            Parameter(
                name="check", help="Only this one; default: all.", positional=True, choices=CHECKS
            ),
            Parameter(name="fix", help="Mend what can be mended.", kind=Kind.FLAG),
            Parameter(name="dry_run", help="With --fix: say what would change.", kind=Kind.FLAG),
            CODEX_HOME,
        ),
    ),
    Verb(
        name="bundle",
        summary="Write what helps to find a fault into a file; no login, no e-mail, no name.",
        function="bundle:bundle",
        access=Access.READ,
        parameters=(
            Parameter(
                name="file",
                help="A new zip file; default: turntable-bundle-TIME.zip in your home folder.",
                positional=True,
            ),
            CODEX_HOME,
        ),
    ),
    Verb(
        name="unlock",
        summary="Open the logins of the running Turntable.",
        function="unlock:unlock",
        access=Access.OWNER,
        parameters=(PASSPHRASE,),
    ),
    Verb(
        name="stop",
        summary="Stop the running Turntable; Codex gets its own login back first.",
        function="engine:stop",
        access=Access.OWNER,
    ),
    Verb(
        name="show",
        summary="Bring the running Turntable to the front.",
        function="engine:show",
        access=Access.OWNER,
    ),
    Verb(
        name="panel",
        summary="Open the glance panel of the running Turntable.",
        function="engine:panel",
        access=Access.OWNER,
    ),
)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _TABLE})
"""By name, in the order in which they are listed."""
