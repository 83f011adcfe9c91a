"""Whether a bound Codex would come to us, by its own word, and else whose word wins."""

from core.codex_home.app_server import Way
from core.words.speech import Speech

_OWN_PROVIDER = "openai"


def is_here(way: Way, *, secret: str, port: int | None) -> bool:
    """Whether new threads would call our address, this secret and all."""
    address = way.address or ""
    return way.provider == _OWN_PROVIDER and secret in address and f":{port}/" in address


def why_elsewhere(way: Way, speech: Speech) -> str:
    """Who sends it elsewhere, in a sentence that names the file."""
    say = speech.say
    if way.provider != _OWN_PROVIDER:
        return say(
            "{file} chooses the provider {provider} instead of Codex’s own.",
            file=way.provider_from or say("A managed requirement"),
            provider=way.provider,
        )
    return say(
        "{file} sets openai_base_url, and wins over config.toml.",
        file=way.address_from or say("A managed requirement"),
    )
