"""Recordings of strangers: which bytes may be played."""

from __future__ import annotations


def sound_type_of(content: bytes) -> str | None:
    """The type by the first bytes, never by name or header; None for anything else."""
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] in _MPEG):
        return "audio/mpeg"
    if content.startswith(b"OggS"):
        return "audio/ogg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    if content[4:8] == b"ftyp" and content[8:11] == b"M4A":
        return "audio/mp4"
    return None


_MPEG = (b"\xfb", b"\xf3", b"\xf2", b"\xfa")
"""Frame headers of MPEG-1 and MPEG-2, layer III."""
