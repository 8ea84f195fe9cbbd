"""`make check`: everything about the code that can be judged without running its tests.

One line per step with its time; a failing step shows its output and the others still run. The
failures are listed again at the end. `make check ARGS="ruff mypy"` runs steps whose name begins so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.install import find_node_folder
from scripts.steps import FRONTEND, ROOT, VENV_BIN, StepFailed, say
from tests.services.postgres import ThrowAwayPostgres

PRODUCTION_LIKE = {
    "AFTERCARE_PUBLIC_URL": "https://help.example.com",
    "AFTERCARE_SECRET_KEY": "only-for-checks-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
}
LONGEST_OUTPUT_LINES = 60
LARGEST_FILE_BYTES = 2_000_000
MEANT = {"automation/intents/weights/heads.npz"}
"""Committed files that are larger on purpose."""
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----")
# Written so that this line is not itself what it looks for.
FORBIDDEN = re.compile(
    r"npm[j]s\.(org|com)|p[y]pi\.org|python[h]osted|deb\.[d]ebian|proxy\.[g]olang"
    r"|(?<![A-Za-z0-9_./])/(wor[k]|roo[t])/"
)

Outcome = tuple[bool, str]
"""Whether the step is content, and what there is to read where it is not."""


@dataclass(frozen=True)
class Step:
    """One thing to check: its name, and how."""

    name: str
    check: Callable[[], Outcome]


def main() -> int:
    """Run the steps whose names begin with one of our arguments, or all; 1 when any fails."""
    wanted = tuple(sys.argv[1:])
    chosen = [each for each in steps() if not wanted or each.name.startswith(wanted)]
    failed = [each.name for each in chosen if not run_step(each)]
    if failed:
        say(f"\n{len(failed)} of {len(chosen)} checks failed: {', '.join(failed)}")
        return 1
    say(f"\nAll {len(chosen)} checks passed.")
    return 0


def steps() -> list[Step]:
    """All steps, quick ones first."""
    return [
        Step(
            "ruff format",
            lambda: tool("ruff", "format", "--check", "--output-format", "concise", "."),
        ),
        Step("ruff lint", lambda: tool("ruff", "check", "--output-format", "concise", ".")),
        Step("committed text", check_committed_text),
        Step("package-lock", check_package_lock),
        Step("large files", check_large_files),
        Step("requirements", check_requirements),
        Step("import contracts", lambda: tool("lint-imports", "--no-logo")),
        Step(
            "deptry",
            lambda: tool("deptry", ".", "--no-ansi", "--config", "requirements/deptry.toml"),
        ),
        Step("mypy", lambda: tool("mypy")),
        Step("django checks", lambda: django("check", "--deploy", "--fail-level", "WARNING")),
        Step("migrations", lambda: django("makemigrations", "--check", "--dry-run")),
        Step("generated files", check_generated_files),
        Step("templates", check_templates),
        Step("front end", check_frontend),
        Step("docker compose", check_compose),
    ]


def run_step(step: Step) -> bool:
    """Run one step and print its line; True when it is content."""
    started = time.monotonic()
    try:
        is_good, output = step.check()
    except StepFailed as failure:
        is_good, output = False, str(failure)
    say(f"{'ok  ' if is_good else 'FAIL'}  {step.name:<18} {time.monotonic() - started:6.1f} s")
    if output and not is_good:
        say(shortened(output))
    return is_good


def shortened(output: str) -> str:
    """The output, indented; only its beginning and end where it is long."""
    lines = output.strip().splitlines()
    if len(lines) > LONGEST_OUTPUT_LINES:
        half = LONGEST_OUTPUT_LINES // 2
        lines = [*lines[:half], f"… {len(lines) - 2 * half} more lines …", *lines[-half:]]
    return "\n".join(f"      {line[:240]}" for line in lines)


def call(*words: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Outcome:
    """Run a program; content when it ends with 0."""
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout


def tool(name: str, *words: str) -> Outcome:
    """Run one of the tools in .venv."""
    return call(str(VENV_BIN / name), *words)


def django(*words: str) -> Outcome:
    """Run one of Django's commands with settings as in production, on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="aftercare-check-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = ThrowAwayPostgres(folder)
        try:
            env = {
                **PRODUCTION_LIKE,
                "DATABASE_URL": postgres.start().url,
                "AFTERCARE_DATA": str(folder / "var"),
            }
            return call(str(VENV_BIN / "python"), "-m", "django", *words, env=env)
        finally:
            postgres.stop()


def committed_files() -> list[Path]:
    """Every file that git tracks; raises StepFailed outside a git checkout."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        raise StepFailed("This is not a git checkout.")
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def check_committed_text() -> Outcome:
    """No committed file names a registry or somebody's folders, or holds a private key."""
    found = []
    for path in committed_files():
        text = path.read_bytes()
        if b"\0" in text[:8000]:
            continue
        for number, line in enumerate(text.decode(errors="replace").splitlines(), start=1):
            if FORBIDDEN.search(line) or PRIVATE_KEY.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return not found, "A registry host, a machine's path or a private key:\n" + "\n".join(found)


def check_large_files() -> Outcome:
    """Nothing over 2 MB is committed but what is listed as meant."""
    found = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB"
        for path in committed_files()
        if path.stat().st_size > LARGEST_FILE_BYTES and str(path.relative_to(ROOT)) not in MEANT
    ]
    return not found, "Too large to commit:\n" + "\n".join(found)


def check_package_lock() -> Outcome:
    """package-lock.json holds no addresses, so that any mirror may serve the packages."""
    lock = FRONTEND / "package-lock.json"
    if not lock.is_file():
        return True, ""
    packages = json.loads(lock.read_text())["packages"]
    found = [
        name
        for name, entry in packages.items()
        if str(entry.get("resolved", "")).startswith(("http", "git"))
    ]
    return (
        not found,
        "With a `resolved` address (npm install --omit-lockfile-registry-resolved): "
        + (", ".join(found[:5])),
    )


def check_requirements() -> Outcome:
    """Every package of the .in lists is locked, with hashes and without an index address."""
    wrong = []
    for source in sorted((ROOT / "requirements").glob("*.in")):
        locked = (
            source.with_suffix(".txt").read_text() if source.with_suffix(".txt").exists() else ""
        )
        names = {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", locked, re.MULTILINE)}
        wanted = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", source.read_text(), re.MULTILINE)
        wrong += [
            f"{source.name}: {name} is not locked" for name in wanted if _plain(name) not in names
        ]
        if "--hash=" not in locked or "index-url" in locked or "find-links" in locked:
            wrong.append(f"{source.stem}.txt: hashes missing, or an index address in it")
    return not wrong, "\n".join([*wrong, "Run `make lock`."])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def check_generated_files() -> Outcome:
    """openapi.json, catalog.json and the TypeScript made from them are as made today."""
    with tempfile.TemporaryDirectory(prefix="aftercare-check-") as name:
        env = {**PRODUCTION_LIKE, "AFTERCARE_DATA": name}
        return call(str(VENV_BIN / "python"), "-m", "scripts.api", "--check", env=env)


def check_templates() -> Outcome:
    """djlint reads every HTML template (it is not let to reformat them)."""
    found = [
        path for path in committed_files() if path.suffix == ".html" and "templates" in path.parts
    ]
    if not found:
        return True, ""
    return tool("djlint", "--lint", "--quiet", *[str(path.relative_to(ROOT)) for path in found])


def check_frontend() -> Outcome:
    """prettier, eslint, svelte-check, knip where the front end has it, and what a build weighs."""
    if not (FRONTEND / "package.json").is_file():
        return True, ""
    node = find_node_folder()
    env = {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    npm = [str(node / "npm"), "--prefix", str(FRONTEND), "run", "--silent"]
    is_good, output = call(*npm, "check", env=env)
    if is_good:
        is_good, output = call(*npm, "--if-present", "knip", env=env)
    if is_good and (FRONTEND / "inbox" / "build" / "index.html").is_file():
        is_good, output = call(*npm, "size", "--", "--check", env=env)
    return is_good, output


def check_compose() -> Outcome:
    """docker-compose.yml is accepted by Compose, where some Compose is installed."""
    values = {"AFTERCARE_PUBLIC_URL": "https://h.example", "AFTERCARE_SECRET_KEY": "x" * 50}
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and call(*command, "version")[0]:
            return call(*command, "config", "-q", env={**values, "POSTGRES_PASSWORD": "x"})
    return True, ""


if __name__ == "__main__":
    sys.exit(main())
