"""A TCP proxy that misbehaves on request: cuts after so many bytes, or goes silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.services.ports import free_port


class FaultProxy:
    """Passes connections on to a port of this machine until it is told to do otherwise.

    ``cut_after_bytes`` closes a connection once the server has sent so many bytes over it;
    ``is_silent`` keeps connections open and passes nothing (a half-open line).
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = free_port()
        self.cut_after_bytes: int | None = None
        self.is_silent = False
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def start(self) -> FaultProxy:
        self._run(self._accept)
        return self

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._sockets):
            _close(each)
        for thread in list(self._threads):
            thread.join(5)

    def _run(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target_port))
            self._sockets += [client, server]
            self._run(self._pump, client, server, None)
            self._run(self._pump, server, client, self.cut_after_bytes)

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(4096):
                if self.is_silent:
                    continue
                if limit is not None and passed + len(data) >= limit:
                    sink.sendall(data[: limit - passed])
                    break
                sink.sendall(data)
                passed += len(data)
        _close(source)
        _close(sink)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
