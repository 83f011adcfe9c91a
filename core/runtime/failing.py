"""What failed on the way to somebody else, as people say it."""

from core.domain.sentence import Sentence


def what_failed(code: str) -> str:
    """A few words for a sentence in brackets.

    Args:
        code: the name of the error as logs have it (`ConnectError`); another word is given back.
    """
    match code:
        case "ConnectError":
            return Sentence("there is no connection")
        case "ConnectTimeout" | "PoolTimeout":
            return Sentence("there was no connection in time")
        case "ReadTimeout" | "WriteTimeout" | "TimeoutError":
            return Sentence("there was no answer in time")
        case "ReadError" | "WriteError" | "RemoteProtocolError":
            return Sentence("the connection was cut")
        case "ProxyError":
            return Sentence("the egress proxy let nothing through")
        case _:
            return code
