"""Ports on loopback that are free now."""

import socket


def free_ports(count: int = 2) -> tuple[int, ...]:
    """So many different ones, all free at the same moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(one.getsockname()[1] for one in sockets)
    for one in sockets:
        one.close()
    return ports
