"""Files outside the database, named by their content: the same bytes are stored once.

A row that names a blob is written after the blob is safely on disk, so it never points to nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from helpdesk.lib.errors import NotFound

_NAME = re.compile(r"[0-9a-f]{64}\Z")


def write(content: bytes) -> str:
    """Store the bytes and return their SHA-256; after this they survive a crash.

    Written aside, flushed to disk and moved into place, so a reader never sees half a file.
    Raises OSError when the disk is full.
    """
    name = hashlib.sha256(content).hexdigest()
    path = path_of(name)
    if path.exists():
        return name
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{name}.{secrets.token_hex(6)}.tmp")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    _flush_folder(path.parent)
    return name


def open(sha256: str) -> BinaryIO:
    """The stored bytes as a file to read from; raises NotFound."""
    try:
        return path_of(sha256).open("rb")
    except FileNotFoundError as error:
        raise NotFound("This file is not stored here any more.") from error


def read(sha256: str) -> bytes:
    """The stored bytes; raises NotFound."""
    with open(sha256) as file:
        return file.read()


def exists(sha256: str) -> bool:
    """Whether the bytes are stored."""
    return path_of(sha256).exists()


def path_of(sha256: str) -> Path:
    """Where a blob lies or would lie; raises NotFound for a name that cannot be one."""
    if not _NAME.match(sha256):
        raise NotFound("This file is not stored here any more.")
    return Path(settings.BLOB_DIR) / sha256[:2] / sha256


def _flush_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
