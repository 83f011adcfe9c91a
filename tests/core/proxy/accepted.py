"""What a back end has accepted, by what it has answered: that may count, and is not sent again."""

from tests.core.proxy.rig import Arrived


def accepted(one: Arrived) -> bool:
    """Whether it may count: it was not refused in so many words."""
    answer = bytes(one.said)
    while answer.startswith(b"HTTP/1.1 1"):
        answer = answer.partition(b"\r\n\r\n")[2]
    head, whole, body = answer.partition(b"\r\n\r\n")
    if not whole or not head.startswith(b"HTTP/1.1 "):
        return True
    match int(head[9:12]):
        case 504 | 524:
            return True
        case 400:
            return b"invalid_encrypted_content" not in body
        case 200:
            return b"event: response.failed" not in body
        case status:
            return status < 400 or status in (413, 422)
