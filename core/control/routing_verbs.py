"""The verbs of limits, choice and record: what is left, who serves next, and why."""

from core.control.parameters import ONE_ACCOUNT, PASSPHRASE
from core.control.verb import Access, Arguments, Kind, Parameter, Verb


def _quota_access(arguments: Arguments) -> Access:
    """Looking is free; asking the back end takes the logins."""
    return Access.WRITE if arguments.flag("refresh") else Access.READ


ROUTING_VERBS = (
    Verb(
        name="check",
        summary="Ask the back end whether each login is taken, and what is left; costs nothing.",
        function="quota:check",
        access=Access.WRITE,
        parameters=(
            ONE_ACCOUNT,
            Parameter(
                name="flagged",
                help="Only accounts that are signed out, failing or out of service.",
                kind=Kind.FLAG,
            ),
            Parameter(
                name="restore",
                help="End the waits of those that answer well.",
                kind=Kind.FLAG,
            ),
            PASSPHRASE,
        ),
    ),
    Verb(
        name="quota",
        summary="Show every limit of every account: how much is left, who said so, and when.",
        function="quota:quota",
        access=Access.READ,
        access_of=_quota_access,
        parameters=(
            ONE_ACCOUNT,
            Parameter(name="refresh", help="Ask the back end now.", kind=Kind.FLAG),
            PASSPHRASE,
        ),
    ),
)
