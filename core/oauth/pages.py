"""The pages that a browser sees at the end of a sign-in: ours, small, without a token. Pure.

No script, no picture, nothing from elsewhere; the address holds nothing by the time they are shown.
"""

from html import escape

from core.words.speech import Speech

_FRAME = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} – Turntable</title>
<style>
:root {{ color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 34rem; margin: 18vh auto; padding: 0 1.5rem }}
</style>
</head>
<body>
<h1 id="{mark}">{title}</h1>
<p>{sentence}</p>
</body>
</html>
"""
HEADERS = (
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


def signed_in(speech: Speech) -> str:
    """The end as it should be."""
    title = speech.say("Signed in")
    return _page("signed-in", title, speech.say("You may close this page and go on in Turntable."))


def failed(speech: Speech, sentence: str) -> str:
    """Why it came to nothing; `sentence` is in the person's language, or the issuer's own."""
    return _page("failed", speech.say("You are not signed in"), sentence)


def not_ours(speech: Speech) -> str:
    """For a callback that belongs to no sign-in of ours."""
    title = speech.say("This page belongs to no sign-in")
    sentence = speech.say("Go back to Turntable and begin once more; nothing was changed.")
    return _page("not-ours", title, sentence)


def _page(mark: str, title: str, sentence: str) -> str:
    return _FRAME.format(mark=mark, title=escape(title), sentence=escape(sentence))
