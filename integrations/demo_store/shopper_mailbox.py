"""The demo's other end: a real SMTP server on this machine that takes the mail for shoppers.

Each mail that Aftercare sends in the demo lands as an ``.eml`` file in one folder, to look at.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class _Writer:
    """Writes what it is given before it says yes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        del server, session
        name = f"{now():%Y-%m-%d_%H-%M-%S}_{new_id().hex[-6:]}.eml"
        (self.folder / name).write_bytes(envelope.original_content)
        return "250 delivered to the shopper"


class ShopperMailbox:
    """Listens on a free port of this machine between ``start`` and ``stop``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """Where to send by; only while it runs."""
        if self._controller is None:
            raise RuntimeError("the mailbox is not running")
        return f"smtp://127.0.0.1:{self._controller.port}"

    def start(self) -> None:
        """Make the folder and listen."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(
            _Writer(self.folder), hostname="127.0.0.1", port=_free_port(), data_size_limit=2**26
        )
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; the files stay."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
