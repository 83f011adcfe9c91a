"""Reads a stream of server-sent events back into values."""

import json
from typing import Any


def parse(text: str) -> list[dict[str, Any]]:
    """Every event's data; its name must be its type."""
    events = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def said(text: str) -> str:
    """What the model said, put together from its deltas."""
    return "".join(
        event["delta"] for event in parse(text) if event["type"] == "response.output_text.delta"
    )
