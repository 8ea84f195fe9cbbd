"""Small words shared by the commands behind the Makefile: paths, running a program, timing a step.

Only the standard library: `scripts.install` runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_BIN = VENV / "bin"
FRONTEND = ROOT / "frontend"


class StepFailed(Exception):
    """A step could not be done. The message says what happened and what to do about it."""


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title and, when the step is done, how long it took."""
    started = time.monotonic()
    say(f"· {title} …")
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


def run(
    *command: str | Path,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    is_quiet: bool = False,
) -> None:
    """Run a program to its end, its output going to ours; when quiet, only if it fails.

    Raises StepFailed naming the command when it ends with an error.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE if is_quiet else None,
        stderr=subprocess.STDOUT if is_quiet else None,
    )  # fmt: skip
    if done.returncode != 0:
        if is_quiet:
            say(done.stdout.decode(errors="replace"))
        raise StepFailed(f"`{' '.join(words)}` ended with exit code {done.returncode}.")


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """One fingerprint of the content of these files (in sorted order) and of the extra words."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_unchanged(stamp: Path, digest: str) -> bool:
    """Whether the step behind this stamp file was last done for the same fingerprint."""
    return stamp.is_file() and stamp.read_text() == digest


def remember(stamp: Path, digest: str) -> None:
    """Note that the step behind this stamp file is done for this fingerprint."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def is_debian_root() -> bool:
    """Whether we may install Debian packages by ourselves."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists()


def apt_install(packages: list[str]) -> None:
    """Install Debian packages without asking and without starting their services.

    Raises StepFailed when we are not root on Debian, or when apt fails.
    """
    names = " ".join(packages)
    if not is_debian_root():
        raise StepFailed(f"Missing: {names}. On Debian or Ubuntu: sudo apt-get install {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"apt-get install {names}"), _services_stay_off():
        run("apt-get", "update", "-qq", env=environment)
        run(
            "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=environment
        )


@contextlib.contextmanager
def _services_stay_off() -> Iterator[None]:
    """Debian asks policy-rc.d before it starts a freshly installed service; answer no for now."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
