"""`make setup`: everything Aftercare needs, in .venv and frontend/, and nothing is started.

Runs on the system's Python with only the standard library. A second run finds the fingerprints
of the first one unchanged and is done in a fraction of a second.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.steps import (
    FRONTEND,
    ROOT,
    VENV,
    VENV_BIN,
    StepFailed,
    apt_install,
    digest_of,
    is_debian_root,
    is_unchanged,
    remember,
    run,
    say,
    step,
)

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
STAMPS = VENV / ".aftercare"
FRONTEND_STAMPS = FRONTEND / ".made"
NOT_SOURCES = {"node_modules", ".svelte-kit", "build", "dist", ".made", "test-results", "coverage"}


def main() -> int:
    """Install what the command line asks for; 0 when all is well, 1 with a plain reason if not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--no-frontend", action="store_true", help="leave frontend/ alone")
    arguments = parser.parse_args()
    try:
        install_python("dev" if arguments.dev else "runtime")
        if not arguments.no_frontend:
            install_frontend()
    except StepFailed as failure:
        say(f"Setup stopped. {failure}")
        return 1
    return 0


# Python


def install_python(requirements: str) -> None:
    """Make .venv if there is none and bring it to requirements/<requirements>.txt."""
    if not (VENV_BIN / "python").exists():
        make_virtualenv(find_python())
    locks = [ROOT / "requirements" / f"{requirements}.txt", ROOT / "requirements" / "build.txt"]
    digest = digest_of([*locks, ROOT / "pyproject.toml"], str(VENV))
    if is_unchanged(STAMPS / requirements, digest) and (VENV_BIN / "aftercare").exists():
        return
    with step(f"Python packages ({requirements})"):
        install = [str(find_uv()), "pip", "install", "--quiet", "--python", str(VENV)]
        for lock in locks:
            run(*install, "--require-hashes", "--requirement", lock)
        run(*install, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    remember(STAMPS / requirements, digest)


def find_python() -> Path:
    """The newest suitable Python we can find: $PYTHON, the one running us, or one on PATH.

    Raises StepFailed where there is none.
    """
    named = [os.environ["PYTHON"]] if os.environ.get("PYTHON") else []
    for name in [*named, sys.executable, "python3.13", "python3.12", "python3.11"]:
        path = shutil.which(name)
        if path and version_of(path, r"Python (\d+)\.(\d+)") >= OLDEST_PYTHON:
            return Path(path)
    raise StepFailed(
        "Aftercare needs Python 3.11 or newer and found none. On Debian 12: "
        "apt-get install python3 python3-venv. Or name one: make setup PYTHON=/path/to/python3.11"
    )


def version_of(program: str | Path, pattern: str) -> tuple[int, int]:
    """Major and minor number the program says it has; (0, 0) where it cannot be run."""
    try:
        answer = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return (0, 0)
    found = re.search(pattern, answer.stdout + answer.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def make_virtualenv(python: Path) -> None:
    """Make .venv, by uv where it is installed, else by Python's own venv module."""
    with step(f"virtual environment ({python})"):
        uv = shutil.which("uv")
        if uv:
            run(uv, "venv", "--quiet", "--python", python, VENV)
            return
        ensure_venv_module(python)
        run(python, "-m", "venv", VENV)


def ensure_venv_module(python: Path) -> None:
    """Debian ships Python without ensurepip: install python3-venv, or say that it is missing."""
    probe = [str(python), "-c", "import ensurepip, venv"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return
    if is_debian_root():
        apt_install(["python3-venv"])
        return
    raise StepFailed(
        "This Python has no venv module. On Debian or Ubuntu: sudo apt-get install python3-venv"
    )


def find_uv() -> Path:
    """The uv on PATH, else one in .venv, put there by pip in the locked version."""
    on_path = shutil.which("uv")
    if on_path:
        return Path(on_path)
    uv = VENV_BIN / "uv"
    if not uv.exists():
        python = VENV_BIN / "python"
        lock = ROOT / "requirements" / "uv.txt"
        if not (VENV_BIN / "pip").exists():
            run(python, "-m", "ensurepip", "--default-pip")
        run(python, "-m", "pip", "install", "-qq", "--require-hashes", "--requirement", lock)
    return uv


# Front end


def install_frontend() -> None:
    """Install the npm workspaces and build them, each only when its inputs have changed."""
    if not (FRONTEND / "package-lock.json").exists():
        say("· no front end in this checkout")
        return
    sources = frontend_sources()
    packages = digest_of(path for path in sources if path.name.startswith("package"))
    everything = digest_of(sources)
    has_modules = (FRONTEND / "node_modules").is_dir()
    if not (has_modules and is_unchanged(FRONTEND_STAMPS / "packages", packages)):
        with step("front-end packages"):
            npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        remember(FRONTEND_STAMPS / "packages", packages)
    if not (is_built() and is_unchanged(FRONTEND_STAMPS / "build", everything)):
        with step("front-end build"):
            npm("run", "--silent", "build")
        remember(FRONTEND_STAMPS / "build", everything)


def frontend_sources() -> list[Path]:
    """Every file the front end is made from, without what npm and the build make of it."""
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [Path(folder) / name for name in files]
    return [path for path in found if path.is_file()]


def is_built() -> bool:
    """Whether the builds are where Django looks for them."""
    made = (FRONTEND / "inbox" / "build" / "index.html", FRONTEND / "widget" / "build" / "w.js")
    return all(each.is_file() for each in made)


def npm(*words: str) -> None:
    """Run npm in frontend/, with the Node of this machine or, where that is missing, our own."""
    node_folder = find_node_folder()
    environment = {**os.environ, "PATH": f"{node_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    run(node_folder / "npm", *words, cwd=FRONTEND, env=environment, is_quiet=True)


def find_node_folder() -> Path:
    """The folder of a `node` (20.19 or newer) with its `npm`; the Node wheel goes to .venv if not."""
    pattern = r"v(\d+)\.(\d+)"
    for node in (shutil.which("node"), VENV_BIN / "node"):
        if (
            node
            and version_of(node, pattern) >= OLDEST_NODE
            and Path(node).with_name("npm").exists()
        ):
            return Path(node).parent
    with step("Node (none of 20.19 or newer on this machine)"):
        lock = ROOT / "requirements" / "node.txt"
        run(
            find_uv(), "pip", "install", "--quiet", "--python", VENV,
            "--require-hashes", "--requirement", lock,
        )  # fmt: skip
    return VENV_BIN


if __name__ == "__main__":
    sys.exit(main())
