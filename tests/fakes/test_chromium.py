"""The real browser signs in at the stand-in's page and leaves nothing running."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.standin.people import PASSWORD, make_person
from core.standin.server import StandIn
from tests.fakes.chromium import Chromium


@pytest.mark.timeout(60)
async def test_a_form_is_filled_and_its_redirect_followed(tmp_path: Path) -> None:
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        back_end.enrol(make_person("A"))
        code = back_end.devices.begin().user_code
        async with Chromium(tmp_path) as browser:
            await browser.open(f"{back_end.auth_url}/codex/device")
            for field, text in (("#code", code), ("#user", "A"), ("#pw", PASSWORD)):
                await browser.fill(field, text)
            await browser.click("#go")
            assert "signed in" in await browser.see("#done")
            nowhere = "http://127.0.0.1:9/nobody"
            await browser.open(nowhere)
            assert await browser.ended_at(nowhere) == nowhere
