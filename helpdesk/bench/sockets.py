"""WebSockets as a browser speaks them, for benches: as little of our own work as possible."""

from __future__ import annotations

import asyncio
import base64
import os
import struct

MAX_FRAME_BYTES = 10_000_000


async def open_socket(
    port: int, path: str, *, cookie: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket from our own page; raises RuntimeError if the server refuses it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MAX_FRAME_BYTES)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        ).encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(head.decode(errors="replace").splitlines()[0])
    return reader, writer


def masked(payload: bytes, opcode: int = 1) -> bytes:
    """A frame as a client must send it (RFC 6455 5.2), of text unless said otherwise."""
    mask = os.urandom(4)
    size = len(payload)
    first = 0x80 | opcode
    head = bytes([first, 0x80 | size]) if size < 126 else struct.pack("!BBH", first, 0xFE, size)
    return head + mask + bytes(each ^ mask[i % 4] for i, each in enumerate(payload))


async def read_frame(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None = None
) -> bytes:
    """The next text frame of the server; its pings are answered on the way, else it hangs up."""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await reader.readexactly(8))
        payload = await reader.readexactly(size)
        opcode = first & 0x0F
        if opcode == 1:
            return payload
        if opcode == 8:
            raise RuntimeError("the server closed the socket")
        if opcode == 9 and writer is not None:
            writer.write(masked(payload, 10))
