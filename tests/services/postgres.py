"""A throw-away PostgreSQL: the same code that starts the embedded one, without waiting for disks."""

from __future__ import annotations

from pathlib import Path

from helpdesk.database import THROW_AWAY_SERVER, LocalServer


class ThrowAwayPostgres:
    """A server whose data may vanish; ``url`` names its first database."""

    def __init__(self, folder: Path) -> None:
        self.server = LocalServer(folder / "postgres", THROW_AWAY_SERVER)
        self.url = ""

    def start(self) -> ThrowAwayPostgres:
        self.server.start()
        self.url = self.server.url("aftercare")
        return self

    def stop(self) -> None:
        self.server.stop()
