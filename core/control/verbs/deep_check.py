"""The deep part of `check`: may this login really use Codex? No prompt is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from core.app import App
from core.control.asking_as import ask_as
from core.domain.account import Account, AccountId
from core.domain.workspace_route import WorkspaceRoute
from core.quota.back_end import NoAnswer, NotTaken, OutOfService, Refused, TurnedAway
from core.quota.deep import Deep, look_deep
from core.runtime.failing import what_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLook:
    """What one login may use.

    Attributes:
        whole: a turn would find everything that it needs.
        models: the ids in the catalogue; None where it was refused.
        text: the same, in a sentence.
    """

    whole: bool
    models: tuple[str, ...] | None
    text: str


async def deep_looks(
    app: App, accounts: Sequence[Account], passphrase: str | None
) -> Mapping[AccountId, DeepLook]:
    """Look at each login in turn, as the running Turntable or for the moment.

    Raises:
        CoreError: the vault cannot be opened, or logins may not go to `upstream.base_url`.
    """
    found: dict[AccountId, DeepLook] = {}
    for account in accounts:
        found[account.id] = _look(app, await ask_as(app, account, passphrase, look_deep))
    return found


def _look(app: App, deep: Deep | NotTaken) -> DeepLook:
    if isinstance(deep, NotTaken):
        text = app.speech.say("The list of models was refused: {why}.", why=_why(app, deep))
        return DeepLook(whole=False, models=None, text=text)
    models = deep.models if isinstance(deep.models, tuple) else None
    parts = (_models_text(app, deep.models), _route_text(app, deep.route))
    return DeepLook(whole=deep.whole, models=models, text=" ".join(parts))


def _models_text(app: App, models: tuple[str, ...] | Refused) -> str:
    match models:
        case ():
            return app.speech.say("The list of models is empty.")
        case tuple():
            return app.speech.counted(
                len(models), "It may use 1 model.", "It may use {count} models."
            )
        case _:
            why = _why(app, models)
            return app.speech.say("The list of models was refused: {why}.", why=why)


def _route_text(app: App, route: WorkspaceRoute | Refused) -> str:
    match route:
        case WorkspaceRoute(override=str() as override):
            return app.speech.say("Its workspace’s requests go to {region}.", region=override)
        case WorkspaceRoute():
            return app.speech.say("Its workspace answers.")
        case _:
            why = _why(app, route)
            return app.speech.say("Its workspace could not be asked about: {why}.", why=why)


def _why(app: App, refused: Refused) -> str:
    match refused:
        case NotTaken():
            return app.speech.say("its sign-in is not taken")
        case OutOfService():
            return app.speech.say("its workspace is out of service")
        case TurnedAway(challenged=True):
            return app.speech.say("the network in front of the back end turned it away")
        case TurnedAway():
            return app.speech.say("the back end was asked too often")
        case NoAnswer(detail=detail):
            return app.speech.retell(what_failed(detail))
        case _:
            assert_never(refused)
