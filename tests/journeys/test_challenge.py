"""The network in front of the back end wants to see a browser: who is told so, and how."""

from datetime import UTC, datetime

import pytest

from core.control.remote import RemoteFacade
from core.runtime.paths import Home
from core.standin import replies
from core.standin.server import StandIn
from core.words.speech import english
from tests.journeys.test_sleep import ASKED, kinds, tool
from tests.journeys.turntable import Turntable
from tray.present.menu import menu

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]
TURNED_AWAY = "The network in front of the back end turns requests away; no account is at fault."


async def test_it_pauses_the_pool_for_a_moment_and_status_and_menu_say_why(
    turntable: Turntable, back_end: StandIn
) -> None:
    async with turntable.serve() as serving, tool(turntable, serving) as client:
        back_end.next(None, replies.cdn_challenge())
        answer = await client.post("/responses", json=ASKED)
        assert answer.json()["error"]["code"] == "upstream_challenge"
        facade = RemoteFacade(Home(root=turntable.home).control)
        report, status = await facade.status(), await turntable.done("status")
        said = await turntable.run("status")
        # Held until the pause is over, and then served: the network asks for no second login.
        assert kinds((await client.post("/responses", json=ASKED)).text)[-1] == "response.completed"
        later = await turntable.done("status")
    assert [notice["code"] for notice in status["notices"]] == ["network_challenged"]
    assert status["notices"][0]["text"].startswith(TURNED_AWAY)
    assert status["traffic"]["pool_pause_until"] is not None
    assert {account["state"] for account in status["accounts"]} == {"ready"}
    assert TURNED_AWAY in said.stdout
    entries = menu(report, speech=english(UTC), now=datetime.now(UTC))
    (line,) = [entry for entry in entries if entry.id.startswith("notice.")]
    assert getattr(line, "text", "").startswith(TURNED_AWAY)
    assert later["notices"] == []
    assert len(back_end.turns()) == 2
    refreshes = [one for one in back_end.requests if one.path.endswith("/oauth/token")]
    assert refreshes == []
