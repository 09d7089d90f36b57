"""A listening socket for an HTTP server: opened first, so that a busy port is a clear error."""

import errno
import socket

from switchyard_common.errors import StartError

_BACKLOG = 1024


def listen(bind: str, port: int, setting: str) -> socket.socket:
    """A listening socket; StartError if the port is taken. Port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((bind, port))
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
            raise
        raise StartError(
            f"cannot listen on {bind}:{port} ({error.strerror}); stop what uses it or set {setting}"
        ) from error
    listener.listen(_BACKLOG)
    return listener
