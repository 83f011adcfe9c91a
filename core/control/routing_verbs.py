"""The verbs of limits, choice and record: what is left, who serves next, and why."""

from core.control.parameters import ACCOUNT, ONE_ACCOUNT, PASSPHRASE
from core.control.verb import Access, Arguments, Kind, Parameter, Verb

ACCOUNT_ACTIONS = (
    "show",
    "rename",
    "tag",
    "untag",
    "note",
    "weight",
    "reserve",
    "pause",
    "resume",
    "drain",
    "undrain",
    "enable",
    "disable",
    "remove",
    "put-back",
)


def _quota_access(arguments: Arguments) -> Access:
    """Looking is free; asking the back end takes the logins."""
    return Access.WRITE if arguments.flag("refresh") else Access.READ


def _check_access(arguments: Arguments) -> Access:
    """What would be tried is said without the logins."""
    return Access.READ if only_says(arguments) else Access.WRITE


def only_says(arguments: Arguments) -> bool:
    """Whether `check` asks nothing, and says what it would try."""
    return arguments.flag("flagged") and not (arguments.flag("restore") or arguments.flag("deep"))


def _account_access(arguments: Arguments) -> Access:
    return Access.READ if arguments.text("action") == "show" else Access.WRITE


def _rotation_access(arguments: Arguments) -> Access:
    """The strategy is a setting, and lies in a file of its own."""
    match arguments.text("action"):
        case "pause" | "resume" | "skip" | "clear-blocks":
            return Access.WRITE
        case _:
            return Access.READ


def _thread_access(arguments: Arguments) -> Access:
    return Access.READ if arguments.text("action") in (None, "list") else Access.WRITE


def _best_access(arguments: Arguments) -> Access:
    return Access.WRITE if arguments.flag("use") else Access.READ


ROUTING_VERBS = (
    Verb(
        name="next",
        summary="Prefer the account that comes after the one in use.",
        function="rotation:next_account",
        access=Access.WRITE,
    ),
    Verb(
        name="rotation",
        summary="Show how accounts are chosen; pause, resume or change it.",
        function="rotation:rotation",
        access=Access.READ,
        access_of=_rotation_access,
        parameters=(
            Parameter(
                name="action",
                help="show (default), pause (no account changes), resume, strategy (for new "
                "chats), skip (pass an account by), clear-blocks (end an account’s waits).",
                positional=True,
                choices=("show", "pause", "resume", "strategy", "skip", "clear-blocks"),
            ),
            Parameter(
                name="value",
                help="strategy: its name; skip: whom to pass by; clear-blocks: whose waits to end.",
                positional=True,
            ),
            Parameter(
                name="for",
                help="pause, skip: for how long: 30m, 2h, 1d; skip without it: until a reset.",
                metavar="TIME",
            ),
        ),
    ),
    Verb(
        name="account",
        summary="Show one account, or change what you decided about it.",
        function="account:account",
        access=Access.WRITE,
        access_of=_account_access,
        parameters=(
            Parameter(
                name="action",
                help="show; rename; tag, untag; note; weight (its share under weighted); reserve "
                "(keep that much for yourself); pause (no request) and resume; drain (no new chat) "
                "and undrain; disable (not even its login is kept fresh) and enable; remove (for 7 "
                "days undone by put-back).",
                positional=True,
                required=True,
                choices=ACCOUNT_ACTIONS,
            ),
            ACCOUNT,
            Parameter(
                name="value",
                help="rename: the label; tag, untag: a word; note: a sentence; weight: a number.",
                positional=True,
            ),
            Parameter(
                name="session",
                help="reserve: per cent of the session; 0 for none.",
                kind=Kind.NUMBER,
                metavar="PERCENT",
            ),
            Parameter(
                name="week",
                help="reserve: per cent of the week; 0 for none.",
                kind=Kind.NUMBER,
                metavar="PERCENT",
            ),
            Parameter(
                name="month",
                help="reserve: per cent of the month; 0 for none.",
                kind=Kind.NUMBER,
                metavar="PERCENT",
            ),
        ),
    ),
    Verb(
        name="check",
        summary="Ask the back end whether it takes each login, and what is left.",
        function="check:check",
        access=Access.WRITE,
        access_of=_check_access,
        parameters=(
            ONE_ACCOUNT,
            Parameter(
                name="deep",
                help="Also ask for what Codex asks before a prompt: the models, the workspace. "
                "No prompt is sent and nothing is spent.",
                kind=Kind.FLAG,
            ),
            Parameter(
                name="flagged",
                help="Only accounts that are signed out, failing, not verified or out of service; "
                "alone it asks nothing and says what --restore would try.",
                kind=Kind.FLAG,
            ),
            Parameter(
                name="restore",
                help="One careful attempt for each of them; those that answer well are back.",
                kind=Kind.FLAG,
            ),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="quota",
        summary="Show what is left of every limit, who said so, and when.",
        function="quota:quota",
        access=Access.READ,
        access_of=_quota_access,
        parameters=(
            ONE_ACCOUNT,
            Parameter(name="refresh", help="Ask the back end now.", kind=Kind.FLAG),
            Parameter(
                name="history",
                help="Also show what was left before, for this long: 5h, 7d.",
                metavar="TIME",
            ),
            Parameter(name="csv", help="The history as comma-separated values.", kind=Kind.FLAG),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="forecast",
        summary="Say who runs out when, who is next, and what will expire unused.",
        function="forecast:forecast",
        access=Access.READ,
        parameters=(
            Parameter(
                name="ahead",
                help="Also follow what all accounts together have left, for this long: 24h, 7d.",
                metavar="TIME",
            ),
        ),
    ),
    Verb(
        name="best",
        summary="Say which account is best for a new chat now.",
        function="forecast:best",
        access=Access.READ,
        access_of=_best_access,
        parameters=(Parameter(name="use", help="Prefer it from now on.", kind=Kind.FLAG),),
    ),
    Verb(
        name="why",
        summary="Explain a request: who served, and why no other did.",
        function="why:why",
        access=Access.READ,
        parameters=(
            Parameter(
                name="request",
                help="req_… of `log` or of the reply’s x-turntable-request; default: the newest.",
                positional=True,
            ),
            Parameter(
                name="last",
                help="The newest N instead.",
                kind=Kind.NUMBER,
                metavar="N",
                least=1,
                most=10_000,
            ),
        ),
    ),
    Verb(
        name="simulate",
        summary="Explain what would be decided now; nothing is sent.",
        function="simulate:simulate",
        access=Access.READ,
        parameters=(
            Parameter(name="model", help="The model that is asked for."),
            Parameter(name="thread", help="A chat’s id; default: a new one."),
            Parameter(name="cwd", help="The folder that it works in.", metavar="DIR"),
            Parameter(
                name="client", help="Who asks: a label of `client list`, or Codex’s own name."
            ),
            Parameter(
                name="trace",
                help="A JSON file of work, which every strategy is let do: "
                '{"accounts": [{"plan": "plus", "session": 400000, "week": 4000000}], '
                '"turns": [[0, "chat-1", 9000], [60, "chat-1", 5000]]}. A limit is the tokens that '
                "fill it; a turn is a second, a chat and its tokens.",
                metavar="FILE",
            ),
        ),
    ),
    Verb(
        name="thread",
        summary="Show which account a chat lives on; keep it there, or let it move.",
        function="thread:thread",
        access=Access.READ,
        access_of=_thread_access,
        parameters=(
            Parameter(
                name="action",
                help="list (default), keep (on one account), move (another account may go on with "
                "it), free (end keep).",
                positional=True,
                choices=("list", "keep", "move", "free"),
            ),
            Parameter(name="thread", help="Its id, or the beginning of it.", positional=True),
            Parameter(name="account", help="keep: on this account instead of its own."),
        ),
    ),
    Verb(
        name="usage",
        summary="Sum up what went through: requests, tokens, and an estimate of their price.",
        function="usage:usage",
        access=Access.READ,
        parameters=(
            Parameter(
                name="since", help="How far back, by whole hours; default 24h.", metavar="TIME"
            ),
            Parameter(
                name="by",
                help="What is summed up together; default: account.",
                choices=("account", "model", "project", "client", "outcome", "day"),
            ),
            Parameter(name="daily", help="A line for each of them and day.", kind=Kind.FLAG),
            Parameter(name="csv", help="As comma-separated values.", kind=Kind.FLAG),
        ),
    ),
)
