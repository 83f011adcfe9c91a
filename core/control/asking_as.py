"""One question to the back end with an account's login, for a verb."""

from typing import TYPE_CHECKING

from core.app import App
from core.asking import Asking
from core.control.granting import granting
from core.domain.account import Account
from core.domain.errors import CoreError
from core.quota.back_end import NotTaken
from core.quota.login import Login, asked_as

if TYPE_CHECKING:
    from core.quota.login import Question


async def ask_as[T](
    app: App, account: Account, passphrase: str | None, question: "Question[T]"
) -> T | NotTaken:
    """What `question` says, asked with the login of `account`.

    Args:
        app: owns the data folder.
        account: whose login.
        passphrase: opens the vault, where nobody serves.
        question: asks once; asked again with a newer token when it was not taken.

    Raises:
        CoreError: the vault cannot be opened, or logins may not go to `upstream.base_url`.
    """
    asking = Asking(settings=lambda: app.settings)
    base_url = asking.base_url()
    if base_url is None:
        raise CoreError(
            "host_not_allowed",
            "The address in upstream.base_url may not be sent a login; nothing was asked.",
            "`turntable config explain upstream.allow_custom` says more.",
        )
    async with granting(app, passphrase) as authoriser:
        login = Login(authorise=authoriser.authorise, renew=authoriser.renew)
        return await asked_as(
            account.id, login, question, connect=asking.connect, base_url=base_url
        )
