"""The rows of the verbs that are about limits: those of the back end, and those the user sets."""

from core.control.parameters import ACCOUNT, CODEX_HOME, PASSPHRASE
from core.control.verb import Access, Arguments, Kind, Parameter, Verb


def _budget_access(arguments: Arguments) -> Access:
    return Access.READ if arguments.text("action") in (None, "list") else Access.WRITE


LIMIT_VERBS = (
    Verb(
        name="report",
        summary="Show on one page how everything stands: limits, forecast, usage, health.",
        function="report:report",
        access=Access.READ,
        parameters=(CODEX_HOME,),
    ),
    Verb(
        name="reset-credits",
        summary="Show an account’s reset credits and when they expire; redeem one.",
        function="reset_credits:reset_credits",
        access=Access.WRITE,
        parameters=(
            ACCOUNT,
            Parameter(
                name="redeem",
                help="Spend the one that expires first: every window is full again.",
                kind=Kind.FLAG,
            ),
            Parameter(name="yes", help="Do not ask before it is spent.", kind=Kind.FLAG),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="budget",
        summary="Limit what an account, a pool, a client or a project may use; see what it has.",
        function="budgets:budget",
        access=Access.WRITE,
        access_of=_budget_access,
        parameters=(
            Parameter(
                name="action",
                help="list (default), set, remove N.",
                positional=True,
                choices=("list", "set", "remove"),
            ),
            Parameter(name="number", help="remove: its number.", positional=True),
            Parameter(
                name="account",
                help="set: at its end this account serves no more, and others do.",
                metavar="ACCOUNT",
            ),
            Parameter(name="pool", help="set: work of this pool is refused at its end."),
            Parameter(
                name="client",
                help="set: requests of this client are: a label of `client list`, or Codex’s own "
                "name, such as codex_exec.",
            ),
            Parameter(
                name="project",
                help="set: work in this folder and below it is; a folder inside git stands for the "
                "whole repository.",
                metavar="DIR",
            ),
            Parameter(name="requests", help="set: so many may be answered.", metavar="N"),
            Parameter(name="tokens", help="set: so many may be used: 500k, 20M.", metavar="N"),
            Parameter(
                name="cost",
                help="set: so many US dollars, as the tokens would cost through the API; an "
                "estimate from a dated price list.",
                metavar="DOLLARS",
            ),
            Parameter(
                name="per",
                help="set: for how long, by your own calendar; weeks begin on Monday.",
                choices=("hour", "day", "week", "month"),
            ),
        ),
    ),
)
