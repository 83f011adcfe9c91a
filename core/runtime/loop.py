"""The event loop of a program that serves without a desktop.

The tray's loop is Qt's; verbs that end at once take asyncio's, which is there without an import.
"""

import asyncio


def serving_loop() -> asyncio.AbstractEventLoop:
    """The loop of uvloop where it is installed (it is not for Windows), else asyncio's own."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()
