"""Free ports on 127.0.0.1, waiting for a server to answer on one, and servers that die with us."""

from __future__ import annotations

import ctypes
import signal
import socket
import sys
import time
from collections.abc import Callable


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, is_alive: Callable[[], bool], timeout_seconds: float = 20) -> None:
    """Wait until something accepts connections on the port.

    Raises TimeoutError, or ChildProcessError as soon as ``is_alive`` says that its process ended.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if not is_alive():
                raise ChildProcessError(f"the server for port {port} ended") from None
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers on port {port}") from None
            time.sleep(0.01)


def die_with_parent() -> None:
    """For ``preexec_fn``: ask the kernel to end this server when its test process ends, however."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
