"""How much JavaScript the agent app loads before the inbox can be used, gzipped."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from helpdesk.bench.figure import Figure

BUDGET_KB = 130
BUILD = Path(__file__).resolve().parents[2] / "frontend" / "inbox" / "build"


def main() -> None:
    """Print ``app_js_gz_kb``: the start page's scripts, what they preload and what they import."""
    page = (BUILD / "index.html").read_text(encoding="utf-8")
    named = re.findall(r"[\"'(](?:\./|/)?(_app/[\w./-]+\.js)[\"')]", page)
    wanted = [BUILD / each for each in dict.fromkeys(named)]
    seen: dict[Path, bytes] = {}
    while wanted:
        file = wanted.pop().resolve()
        if file in seen or not file.is_file():
            continue
        seen[file] = file.read_bytes()
        static = re.findall(rb"(?:from|import)\s*[\"'](\.[\w./-]+\.js)[\"']", seen[file])
        wanted += [file.parent / each.decode() for each in static]
    size_kb = sum(len(gzip.compress(each, 9)) for each in seen.values()) / 1000
    Figure(
        "app_js_gz_kb", round(size_kb, 1), "kB", BUDGET_KB, round(size_kb / BUDGET_KB, 2)
    ).print()


if __name__ == "__main__":
    main()
