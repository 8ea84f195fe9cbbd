"""`make test`: every test with servers of its own, and one plain last line `N passed, N failed`.

Three parts, one after another: Python tests, browser tests (a pytest of their own, because
Playwright's event loop does not share a process), front-end tests. Words that are no option of
ours go to pytest: `make test ARGS="tests/tickets -k reply"` runs only those, in one process.
Whatever was started is stopped at the end, also after Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.steps import FRONTEND, ROOT, VENV_BIN, StepFailed, apt_install, say
from tests.services import dovecot
from tests.services.postgres import ThrowAwayPostgres

CONTRACTS_OUT = "AFTERCARE_CONTRACTS_OUT"
"""Where the judges of vendors' contracts write their verdicts (scripts.contracts)."""
PARTS = ("python", "browser", "frontend")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_TESTS_COLLECTED = 5
MAX_SECOND_TRIES = 6
FINAL = ("tests/torture/", "tests/attacks/")
PATIENCE_SECONDS = 20
VITEST_LINE = re.compile(r"^\s*Tests\s+(.*)$", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Tally:
    """How many tests passed, failed (errors included) and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Tally) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def main() -> int:
    """Run what was asked for; 0 when nothing failed, 1 when something did, 130 when interrupted."""
    options, pytest_words = parse_arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    tally = Tally()
    try:
        prepare(options.only, is_subset=bool(pytest_words))
        with workshop() as folder, throw_away_database(folder) as url:
            for part in wanted_parts(options.only, pytest_words):
                tally.add(run_part(part, folder, url, pytest_words, coverage=options.coverage))
    except KeyboardInterrupt:
        say("\nInterrupted; everything that was started is stopped.")
        return 130
    except StepFailed as failure:
        say(f"The tests could not be run. {failure}")
        return 1
    say(str(tally))
    return 1 if tally.failed else 0


def parse_arguments() -> tuple[argparse.Namespace, list[str]]:
    """Our own options, and the rest, which is pytest's."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--coverage", action="store_true")
    return parser.parse_known_args()


def wanted_parts(only: str | None, pytest_words: list[str]) -> list[str]:
    """The parts to run: the one named, the Python part for a selection of tests, else all."""
    if only:
        return [only]
    return ["python"] if pytest_words else list(PARTS)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


# What has to be there


def prepare(only: str | None, *, is_subset: bool) -> None:
    """Install Dovecot and Chromium where we may; a part that does not need them does without.

    Raises StepFailed naming exactly what is missing where we may not.
    """
    if is_subset or only == "frontend":
        return
    missing = []
    if not has_dovecot():
        missing.append("dovecot-imapd")
    if only != "python" and has_browser_tests() and find_browser() is None:
        missing.append("chromium")
    if missing:
        apt_install(missing)


def has_dovecot() -> bool:
    """Whether the IMAP server that mail tests start is installed."""
    try:
        dovecot.find_program()
    except FileNotFoundError:
        return False
    return True


def has_browser_tests() -> bool:
    """Whether this checkout has any test that drives a browser."""
    return (ROOT / "tests" / "e2e").is_dir()


def find_browser() -> str | None:
    """Path of a Chromium on this machine: $CHROMIUM, or one of the usual names."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


# Where it runs


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """A folder for everything that the run writes, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="aftercare-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def throw_away_database(folder: Path) -> Iterator[str]:
    """A PostgreSQL for this run; each process of pytest makes a database of its own in it."""
    postgres = ThrowAwayPostgres(folder)
    try:
        yield postgres.start().url
    finally:
        postgres.stop()


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """What tests see: our servers and folders, and none of the settings of whoever runs them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == CONTRACTS_OUT
        or (not name.startswith(("AFTERCARE_", "DJANGO_", "PYTEST_")) and name != "REDIS_URL")
    }
    browser = find_browser()
    return {
        **kept,
        **({"CHROMIUM": browser} if browser else {}),
        "DATABASE_URL": database_url,
        "TMPDIR": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


# The parts


def run_part(
    part: str, folder: Path, database_url: str, words: list[str], *, coverage: bool
) -> Tally:
    """Run one part and count its tests; a part that breaks without a count is one failure."""
    started = time.monotonic()
    seen = environment(folder, database_url)
    say(f"\n=== {part} tests ===")
    if part == "frontend":
        tally = frontend_tests(seen)
    elif part == "browser":
        tally = browser_tests(folder, seen, words)
    else:
        tally = python_tests(folder, seen, words, coverage=coverage)
    say(f"--- {part}: {tally}, {time.monotonic() - started:.0f} s")
    return tally


def python_tests(folder: Path, env: dict[str, str], words: list[str], *, coverage: bool) -> Tally:
    """Unit, integration and contract tests, in several processes when all are run.

    Much of it waits for servers and programs that start: half as many processes again as there
    are processors, so that the processors do not.
    """
    processes = max(2, (os.cpu_count() or 2) * 3 // 2)
    spread = ["-n", str(processes), "--dist", "worksteal", "--ignore=tests/e2e"]
    measured = ["--cov", "--cov-report=term"] if coverage else []
    tally = pytest("python", folder, env, [*(words or spread), *measured])
    return tally if words else with_second_tries("python", folder, env, tally, [])


def browser_tests(folder: Path, env: dict[str, str], words: list[str]) -> Tally:
    """The tests that drive Chromium; Playwright's loop makes Django think it is in async code."""
    if not has_browser_tests():
        say("no tests/e2e in this checkout")
        return Tally()
    env = {**env, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    chosen = ["-m", "browser"]
    spread = ["-n", "2", "--dist", "loadfile", "tests/e2e"]
    tally = pytest("browser", folder, env, [*chosen, *(words or spread)])
    return tally if words else with_second_tries("browser", folder, env, tally, chosen)


def with_second_tries(
    name: str, folder: Path, env: dict[str, str], tally: Tally, chosen: list[str]
) -> Tally:
    """Run a few that failed once more by themselves, and count what passes then.

    A machine that stood still for seconds is told from a fault that way; each is named, so that it
    gets mended. What tests/torture finds is never tried again: a message lost once is lost.
    """
    failed = failed_in(folder / f"{name}.xml")
    if not 0 < len(failed) <= MAX_SECOND_TRIES or any(map(is_final, failed)):
        return tally
    say(f"\n=== {name} tests, {len(failed)} once more ===")
    again = pytest(f"{name}-again", folder, env, [*chosen, *failed])
    still = set(failed_in(folder / f"{name}-again.xml"))
    for each in failed:
        if each not in still and again.passed:
            say(f"flaky, passed at the second try: {each}")
    mended = min(again.passed, tally.failed)
    return Tally(tally.passed + mended, tally.failed - mended, tally.skipped)


def is_final(test: str) -> bool:
    """Whether a failure of this test is a finding, however the next run goes."""
    return test.startswith(FINAL)


def pytest(name: str, folder: Path, env: dict[str, str], words: list[str]) -> Tally:
    """Run pytest with these words and read the counts from its report."""
    report = folder / f"{name}.xml"
    places = [f"--junitxml={report}", f"--basetemp={folder / name}", "-p", "no:cacheprovider"]
    code, _ = call([str(VENV_BIN / "python"), "-m", "pytest", "-q", *places, *words], env)
    if code == NO_TESTS_COLLECTED:
        return Tally()
    tally = read_report(report)
    if code != 0 and tally.failed == 0:
        say(f"pytest ended with exit code {code} and no failed test; counted as one failure")
        tally.failed = 1
    return tally


def read_report(report: Path) -> Tally:
    """The counts in a JUnit report; all zero where pytest did not come to write one."""
    if not report.is_file():
        return Tally()
    tally = Tally()
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 (we wrote it)
        count = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        broken = count["failures"] + count["errors"]
        passed = count["tests"] - broken - count["skipped"]
        tally.add(Tally(passed, broken, count["skipped"]))
    return tally


def failed_in(report: Path) -> list[str]:
    """The tests that failed, as pytest takes them; empty where no report was written."""
    if not report.is_file():
        return []
    cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 (we wrote it)
    broken = [each for each in cases if {"failure", "error"} & {child.tag for child in each}]
    return [f"{place_of(each.get('classname', ''))}::{each.get('name')}" for each in broken]


def place_of(dotted: str) -> str:
    """``tests.api.test_x.TestY`` as pytest takes it: tests/api/test_x.py::TestY."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        file = "/".join(parts[:count]) + ".py"
        if (ROOT / file).is_file():
            return "::".join([file, *parts[count:]])
    return "/".join(parts) + ".py"


def frontend_tests(env: dict[str, str]) -> Tally:
    """The front end's own tests, by npm."""
    if not (FRONTEND / "package.json").is_file():
        say("no front end in this checkout")
        return Tally()
    from scripts.install import find_node_folder

    node = find_node_folder()
    env = {**env, "PATH": f"{node}{os.pathsep}{env.get('PATH', '')}", "CI": "true"}
    code, output = call([str(node / "npm"), "--prefix", str(FRONTEND), "test", "--silent"], env)
    tally = count_vitest(output)
    if code != 0 and tally.failed == 0:
        say(f"npm test ended with exit code {code} and no failed test; counted as one failure")
        tally.failed = 1
    return tally


def count_vitest(output: str) -> Tally:
    """Sum the `Tests  1 failed | 2 passed | 1 skipped (4)` lines of a vitest run."""
    tally = Tally()
    for line in VITEST_LINE.findall(COLOURS.sub("", output)):
        count = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
        skipped = count.get("skipped", 0) + count.get("todo", 0)
        tally.add(Tally(count.get("passed", 0), count.get("failed", 0), skipped))
    return tally


# Running a program that may be interrupted


def call(words: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Run a program, showing its output as it comes; exit code and output.

    It runs in a process group of its own. When we are interrupted the whole group is asked to end,
    and after some patience made to.
    """
    process = subprocess.Popen(
        words, cwd=ROOT, env=env, text=True, errors="replace", start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = []
    try:
        assert process.stdout is not None  # noqa: S101 (we asked for a pipe)
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            output.append(line)
        return process.wait(), "".join(output)
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[str]) -> None:
    """Make sure that nothing of the program's process group is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
