"""A real server process for benches that measure over HTTP or sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

START_SECONDS = 60


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: str = "serve", *arguments: str) -> Iterator[tuple[int, int]]:
    """``aftercare COMMAND`` on a free port; gives (port, process id) once ``/readyz`` answers."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 (our own module)
        [sys.executable, "-m", "helpdesk.cli", command, "--port", str(port), *arguments],
        env={**os.environ, "AFTERCARE_PUBLIC_URL": f"http://127.0.0.1:{port}"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended before it was ready")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not become ready")


class Client:
    """One kept connection with an API token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> tuple[float, bytes]:
        """Milliseconds and body; raises RuntimeError unless the answer is 200."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
        return (time.perf_counter() - began) * 1000, body
