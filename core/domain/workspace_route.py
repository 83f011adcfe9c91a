"""Where the requests of one workspace go, as its back end says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRoute:
    """A workspace may be bound to a region.

    Attributes:
        origin: `https://host` that serves it; None: the usual one.
        override: value of `x-openai-account-routing-override`; None: not sent.
    """

    origin: str | None = None
    override: str | None = None


UNBOUND = WorkspaceRoute()
"""What counts where nobody says otherwise."""
