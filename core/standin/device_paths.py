"""The two JSON paths of the device sign-in (PROTOCOL §1)."""

from core.standin import replies
from core.standin.devices import Device, Devices, Pending
from core.standin.outcome import Outcome, scripted, violated
from core.standin.people import CLIENT_ID
from core.standin.recorded import Recorded
from core.standin.replies import Reply
from core.standin.script import Endpoint, Script


class DevicePaths:
    """Answers `/api/accounts/deviceauth/usercode` and `…/token`."""

    def __init__(self, devices: Devices, script: Script) -> None:
        """Both belong to the server."""
        self._devices = devices
        self._script = script

    def usercode(self, recorded: Recorded) -> Outcome:
        """`POST …/usercode`: a new sign-in. A scripted 404 means: not enabled."""
        body = _body(recorded)
        if body is None or body.get("client_id") != CLIENT_ID:
            return violated("usercode takes JSON with the client_id")
        effects = self._script.take(Endpoint.DEVICE_CODE, None)
        if (instead := scripted(effects)) is not None:
            return instead
        return Outcome(_begun(self._devices.begin()), effects)

    def token(self, recorded: Recorded) -> Outcome:
        """`POST …/token`: a poll; 403 until somebody has confirmed."""
        body = _body(recorded)
        if body is None or set(body) != {"device_auth_id", "user_code"}:
            return violated("token takes JSON with device_auth_id and user_code")
        effects = self._script.take(Endpoint.DEVICE_TOKEN, None)
        if (instead := scripted(effects)) is not None:
            return instead
        polled = self._devices.poll(body["device_auth_id"], body["user_code"])
        if isinstance(polled, Pending):
            status = 429 if polled is Pending.SLOW_DOWN else 403
            return Outcome(replies.error(status, "Not signed in yet.", code=polled), effects)
        value = {
            "authorization_code": polled.authorization_code,
            "code_challenge": polled.code_challenge,
            "code_verifier": polled.code_verifier,
        }
        return Outcome(replies.as_json(200, value), effects)


def _begun(device: Device) -> Reply:
    return replies.as_json(
        200,
        {
            "device_auth_id": device.device_auth_id,
            "user_code": device.user_code,
            # A number as text: as it was seen.
            "interval": str(int(device.interval.total_seconds())),
            "expires_at": device.expires_at.isoformat(),
        },
    )


def _body(recorded: Recorded) -> dict[str, str] | None:
    if recorded.content_type != "application/json":
        return None
    try:
        return recorded.form
    except ValueError:
        return None
