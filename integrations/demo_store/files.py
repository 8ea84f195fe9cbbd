"""Draws the pictures and documents that are attached in the demo: small, real PNG and PDF files."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable
from functools import cache

WIDTH, HEIGHT = 320, 240
Pixel = tuple[int, int, int]
_LINEN: dict[str, Pixel] = {
    "hole": (226, 214, 192),
    "tear": (203, 160, 134),
    "stain": (219, 205, 180),
    "button": (238, 236, 230),
    "fabric": (62, 74, 104),
}


def make(shows: str, *, name: str, order_number: str, customer_name: str) -> tuple[bytes, str]:
    """The bytes and content type of an attachment that shows ``shows``.

    Pictures: hole, tear, stain, button, fabric. Documents: invoice, label.
    """
    if shows in _LINEN:
        return picture(shows), "image/png"
    titles = {"invoice": "Invoice", "label": "Return label"}
    title = titles[shows]
    lines = [
        "Linden & Loom · Rua de Santa Maria 22, Guimarães",
        "",
        f"{title} for order #{order_number}",
        f"Customer: {customer_name}",
        f"File: {name}",
    ]
    return document(title, lines, has_bars=shows == "label"), "application/pdf"


@cache
def picture(shows: str) -> bytes:
    """A photo-like PNG of woven linen with the named flaw."""
    mark = _MARKS[shows]
    base = _LINEN[shows]
    rows = []
    for y in range(HEIGHT):
        row = bytearray(b"\0")
        for x in range(WIDTH):
            row += bytes(mark(x, y, _woven(base, x, y)))
        rows.append(bytes(row))
    return _png(b"".join(rows))


def document(title: str, lines: list[str], *, has_bars: bool = False) -> bytes:
    """A one-page PDF in Helvetica; letters outside Windows-1252 become question marks."""
    parts = [b"BT /F1 20 Tf 56 770 Td (" + _pdf_text(title) + b") Tj ET"]
    for index, line in enumerate(lines):
        place = f"BT /F1 11 Tf 56 {730 - 18 * index} Td (".encode()
        parts.append(place + _pdf_text(line) + b") Tj ET")
    if has_bars:
        parts += [
            f"{56 + 5 * index} 480 {1 + (index * 7) % 4} 80 re f".encode() for index in range(60)
        ]
    return _pdf(b"\n".join(parts))


def _woven(base: Pixel, x: int, y: int) -> Pixel:
    """The colour of a thread: warp over weft over warp, with slubs here and there."""
    shade = 7 if (x // 2 + y // 2) % 2 else -7
    shade += int(5 * math.sin(x * 0.21 + (y // 2) * 1.7)) if (y // 2) % 5 == 0 else 0
    return (_byte(base[0] + shade), _byte(base[1] + shade), _byte(base[2] + shade))


def _byte(value: int) -> int:
    return max(0, min(255, value))


def _hole(x: int, y: int, woven: Pixel) -> Pixel:
    distance = math.hypot(x - 170, (y - 118) * 1.15) + 2 * math.sin(x * 0.9)
    if distance < 15:
        return (38, 34, 30)
    return (246, 240, 226) if distance < 19 else woven


def _tear(x: int, y: int, woven: Pixel) -> Pixel:
    middle = 120 + 9 * math.sin(x * 0.07) + 3 * math.sin(x * 0.41)
    gap = 7 - abs(x - 170) / 16
    if abs(y - middle) < gap:
        return (44, 32, 28)
    return (240, 224, 208) if abs(y - middle) < gap + 2 else woven


def _stain(x: int, y: int, woven: Pixel) -> Pixel:
    distance = math.hypot((x - 150) / 1.5, y - 125) + 6 * math.sin(x * 0.08) + 4 * math.sin(y * 0.1)
    if distance > 62:
        return woven
    share = 0.55 if distance > 56 else 0.38
    return (
        _byte(int(woven[0] * (1 - share) + 122 * share)),
        _byte(int(woven[1] * (1 - share) + 84 * share)),
        _byte(int(woven[2] * (1 - share) + 48 * share)),
    )


def _button(x: int, y: int, woven: Pixel) -> Pixel:
    if abs(x - 150 - (y - 40) * 0.12) < 1.2 and 40 < y < 92:
        return (120, 112, 100)
    distance = math.hypot(x - 160, y - 126)
    holes = min(math.hypot(x - 160 - dx, y - 126 - dy) for dx in (-8, 8) for dy in (-8, 8))
    if holes < 4:
        return (70, 60, 50)
    if distance < 34:
        return (214, 200, 176) if distance < 27 else (190, 174, 148)
    return woven


def _plain(x: int, y: int, woven: Pixel) -> Pixel:
    is_seam = abs(x - 228) < 2 or abs(x - 236) < 1
    return (_byte(woven[0] - 24), _byte(woven[1] - 24), _byte(woven[2] - 24)) if is_seam else woven


_MARKS: dict[str, Callable[[int, int, Pixel], Pixel]] = {
    "hole": _hole,
    "tear": _tear,
    "stain": _stain,
    "button": _button,
    "fabric": _plain,
}


def _png(scanlines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(scanlines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _pdf_text(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pdf(stream: bytes) -> bytes:
    """The five objects of a one-page PDF 1.4 with its cross-reference table."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(stream)).encode() + b" >>\nstream\n" + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for index, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{index} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(out)
