"""The pages that a person sees at the issuer: plain forms, with the ids that tests fill in.

`#user`, `#pw`, `#code`, `#workspace` are fields, `#go` and `#deny` buttons, `#error` is a sentence,
`#done` the end. Without scripts, styles or addresses of others. Pure.
"""

from collections.abc import Sequence
from html import escape

from core.standin.replies import Headers, Reply

_FRAME = (
    "<!DOCTYPE html>\n"
    '<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
    "<body><h1>{title}</h1>\n{content}</body></html>\n"
)
_BUTTONS = (
    '<button id="go" name="action" value="allow">Continue</button>\n'
    '<button id="deny" name="action" value="deny" formnovalidate>Cancel</button>\n'
)
_CREDENTIALS = (
    '<p><label>User <input id="user" name="user" autocomplete="off" required></label></p>\n'
    '<p><label>Password <input id="pw" name="password" type="password" required></label></p>\n'
)


def sign_in(*, session: str | None = None, wrong: bool = False) -> Reply:
    """Asks who it is.

    Args:
        session: a browser that is signed in is asked nothing but whether to go on.
        wrong: the last answer was not right.
    """
    note = _error("The user or the password is wrong.") if wrong else ""
    asked = _session(session) if session else _CREDENTIALS
    return _page(401 if wrong else 200, "Sign in", f"{note}{_form(asked)}")


def workspace_chooser(session: str, workspaces: Sequence[tuple[str, str]]) -> Reply:
    """Asks for one of the user's workspaces: ids and names."""
    return _page(200, "Choose a workspace", _form(_session(session) + _options(workspaces)))


def device(
    *,
    user_code: str = "",
    session: str | None = None,
    workspaces: Sequence[tuple[str, str]] = (),
    error: str | None = None,
) -> Reply:
    """Asks for the code that another program shows, and who it is."""
    who = _session(session) + _options(workspaces) if session else _CREDENTIALS
    code = (
        '<p><label>Code <input id="code" name="user_code" '
        f'value="{escape(user_code)}" autocomplete="off" required></label></p>\n'
    )
    note = _error(error) if error else ""
    return _page(400 if error else 200, "Sign in on a device", f"{note}{_form(code + who)}")


def done(sentence: str) -> Reply:
    """The end of a sign-in that does not lead back to a program."""
    return _page(200, "Done", f'<p id="done">{escape(sentence)}</p>\n')


def refused(sentence: str) -> Reply:
    """An error that must not lead anywhere (RFC 6749 §4.1.2.1)."""
    return _page(400, "This sign-in cannot go on", _error(sentence))


def redirect(location: str) -> Reply:
    """Back to the program that asked."""
    return Reply(status=302, headers=((b"location", location.encode()), *_PRIVATE))


def _form(content: str) -> str:
    # No action: the form goes back to its own address, query and all.
    return f'<form method="post">\n{content}{_BUTTONS}</form>\n'


def _session(session: str) -> str:
    return f'<input type="hidden" name="session" value="{escape(session)}">\n'


def _options(workspaces: Sequence[tuple[str, str]]) -> str:
    if not workspaces:
        return ""
    options = "".join(
        f'<option value="{escape(id_)}">{escape(name)}</option>\n' for id_, name in workspaces
    )
    return (
        f'<p><label>Workspace <select id="workspace" name="workspace">\n{options}'
        "</select></label></p>\n"
    )


def _error(sentence: str) -> str:
    return f'<p id="error">{escape(sentence)}</p>\n'


def _page(status: int, title: str, content: str) -> Reply:
    return Reply(
        status=status,
        body=_FRAME.format(title=title, content=content).encode(),
        content_type=b"text/html; charset=utf-8",
        headers=_PRIVATE,
    )


_PRIVATE: Headers = ((b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer"))
