"""The issuer put together: its parts, and which of them answers what."""

from collections.abc import Mapping, Sequence

from core.standin import authorization
from core.standin.codes import Codes
from core.standin.device_paths import DevicePaths
from core.standin.devices import CALLBACK, Devices
from core.standin.endpoints import Answered
from core.standin.issuer import Issuer
from core.standin.issuer_paths import IssuerPaths
from core.standin.script import Endpoint, Script
from core.standin.sign_in_paths import SignInPaths
from core.standin.world import World


class IssuerSide:
    """Everything below the issuer's address.

    Attributes:
        tokens: token families.
        devices: device sign-ins.
        programs: what programs ask, and who answers.
        pages: the same for browsers; their heads are their own affair.
    """

    def __init__(self, *, world: World, script: Script, redirect_ports: Sequence[int]) -> None:
        """World and script belong to the server."""
        self.tokens = Issuer(lambda: world.now)
        codes = Codes(lambda: world.now)
        self.devices = Devices(lambda: world.now, codes)
        token_paths = IssuerPaths(self.tokens, script, codes)
        device_paths = DevicePaths(self.devices, script)
        sign_in = SignInPaths(
            world=world,
            script=script,
            codes=codes,
            devices=self.devices,
            registered=authorization.redirect_uris(redirect_ports),
        )
        self.programs: Mapping[Endpoint, Answered] = {
            Endpoint.REFRESH: token_paths.token,
            Endpoint.REVOKE: token_paths.revoke,
            Endpoint.DEVICE_CODE: device_paths.usercode,
            Endpoint.DEVICE_TOKEN: device_paths.token,
        }
        self.pages: Mapping[Endpoint, Answered] = {
            Endpoint.AUTHORIZE: sign_in.authorize,
            Endpoint.DEVICE_PAGE: sign_in.device,
        }

    def found_at(self, address: str) -> None:
        """Codes of device sign-ins may be said to have been sent to `address`, too."""
        self.devices.redirect_uris.add(f"{address}{CALLBACK}")
