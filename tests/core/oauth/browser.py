"""A browser as far as a sign-in needs one: it follows redirects, fills the stand-in's forms."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from core.standin.people import PASSWORD


class _Hidden(HTMLParser):
    """The hidden fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"] or ""] = values.get("value") or ""


class Browser:
    """`last_address` is what would stand in the address bar."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(trust_env=False, verify=False, timeout=10)
        self.last_address = ""

    async def close(self) -> None:
        await self._client.aclose()

    async def sign_in(self, url: str, user: str, **more: str) -> httpx.Response:
        """Open the issuer's page, sign in as `user`; the page at which that ends."""
        page = await self.open(url)
        fields = {"user": user, "password": PASSWORD, "action": "allow"} | more
        return await self._submit(page, fields)

    async def deny(self, url: str) -> httpx.Response:
        """Open the issuer's page and cancel there."""
        return await self._submit(await self.open(url), {"action": "deny"})

    async def open(self, url: str) -> httpx.Response:
        """The page at an address, redirects followed."""
        return await self._arrive(await self._client.get(url))

    async def returned_to(self, url: str, user: str) -> str:
        """Sign in, and stop before the browser goes back: where it would have gone."""
        page = await self.open(url)
        fields = {"user": user, "password": PASSWORD, "action": "allow"} | _hidden(page)
        return (await self._client.post(str(page.url), data=fields)).headers["location"]

    async def _submit(self, page: httpx.Response, fields: dict[str, str]) -> httpx.Response:
        posted = await self._client.post(str(page.url), data=_hidden(page) | fields)
        return await self._arrive(posted)

    async def _arrive(self, response: httpx.Response) -> httpx.Response:
        while response.is_redirect:
            address = urljoin(str(response.url), response.headers["location"])
            response = await self._client.get(address)
        self.last_address = str(response.url)
        return response


def _hidden(page: httpx.Response) -> dict[str, str]:
    parser = _Hidden()
    parser.feed(page.text)
    return parser.fields
