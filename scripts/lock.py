"""`make lock`: compile requirements/*.in to requirements/*.txt, with hashes and without index URLs."""

from __future__ import annotations

import sys

from scripts.install import find_uv
from scripts.steps import ROOT, run, say

COMPILE = [
    "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-header", "--no-emit-index-url",
]  # fmt: skip


def main() -> int:
    """Compile every list; what tests need is held to the versions that we ship."""
    uv = find_uv()
    for name in ("runtime", "dev", "build", "node", "uv"):
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        held = ["--constraint", "requirements/runtime.txt"] if name == "dev" else []
        run(uv, *COMPILE, *held, *sys.argv[1:], source, "--output-file", target, cwd=ROOT)
        say(f"{target} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
