"""A real Dovecot (IMAP) with a plain and a TLS port, and mailboxes made as tests need them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from tests.services.ports import die_with_parent, free_port, wait_for_port

PASSWORD = "linen-and-loom"
MAIL_USERS = ("vmail", "mail", "nobody")

CONFIGURATION = """
base_dir = {sockets}
state_dir = {sockets}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:~/Maildir
mail_fsync = never
maildir_stat_dirs = yes
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 200
{users}
service imap-login {{
  {no_chroot}
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {no_chroot}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
"""


@dataclass(frozen=True)
class Mailbox:
    """One account on the server. Mail may be put in and read without any protocol."""

    address: str
    password: str
    home: Path
    server: Dovecot

    @property
    def imap_url(self) -> str:
        """The plain port, with the credentials in it."""
        return f"imap://{self._login}@127.0.0.1:{self.server.port}"

    @property
    def imaps_url(self) -> str:
        """The TLS port, with the credentials in it; verify against ``server.certificate``."""
        return f"imaps://{self._login}@127.0.0.1:{self.server.tls_port}"

    @property
    def _login(self) -> str:
        return f"{quote(self.address, safe='')}:{quote(self.password, safe='')}"

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        """Put a mail in, as a delivery agent does: written aside, then moved into place at once."""
        maildir = self._maildir(folder)
        name = f"{uuid.uuid4().hex}.test"
        aside = maildir / "tmp" / name
        aside.write_bytes(raw)
        self.server.give(aside)
        aside.rename(maildir / "new" / name)

    def messages(self, *, folder: str = "INBOX") -> list[bytes]:
        """Every mail in the folder as IMAP would give it (CRLF at line ends), oldest first."""
        found = [
            path for part in ("new", "cur") for path in (self._maildir(folder) / part).iterdir()
        ]
        return [
            _with_crlf(path.read_bytes())
            for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)
        ]

    def _maildir(self, folder: str) -> Path:
        maildir = self.home / "Maildir" / ("" if folder == "INBOX" else f".{folder}")
        for part in (maildir, maildir / "tmp", maildir / "new", maildir / "cur"):
            if not part.exists():
                part.mkdir(parents=True)
                self.server.give(part)
        self.server.give(self.home / "Maildir")
        return maildir


class Dovecot:
    """One server; ``start`` after ``stop`` or ``kill`` finds its mail on the same ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "dovecot"
        self.port = free_port()
        self.tls_port = free_port()
        self._sockets = Path(tempfile.mkdtemp(prefix="imap-"))  # a UNIX socket's path is short
        self._sockets.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        """The self-signed certificate for localhost and 127.0.0.1."""
        return self.folder / "cert.pem"

    def start(self) -> Dovecot:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if not self.certificate.exists():
            make_certificate(self.folder)
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(self._configuration())
        self._process = subprocess.Popen(
            [find_program(), "-F", "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads yet)
        )
        wait_for_port(self.port, self.is_running)
        wait_for_port(self.tls_port, self.is_running)
        return self

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def new_mailbox(self, address: str | None = None) -> Mailbox:
        """An empty mailbox, of a name nobody else uses when none is given."""
        address = address or f"shop-{uuid.uuid4().hex[:12]}@example.test"
        home = self.folder / "mail" / address
        for folder in (self.folder / "mail", home):
            folder.mkdir(parents=True, exist_ok=True)
            self.give(folder)
        return Mailbox(address, PASSWORD, home, self)

    def give(self, path: Path) -> None:
        """Make a file the property of the user who owns the mail."""
        if os.geteuid() == 0:
            os.chown(path, self.mail_user.pw_uid, self.mail_user.pw_gid)

    @cached_property
    def mail_user(self) -> pwd.struct_passwd:
        """Who owns the mail: ourselves, or as root a user who is not root."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        return next(known[name] for name in MAIL_USERS if name in known)

    def stop(self) -> None:
        """End it as an operator would: the master is asked, and ends its children."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self.kill()

    def kill(self) -> None:
        """End it and every session as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def restart(self) -> None:
        """Stop it and start it again on the same ports, with the same mail."""
        self.stop()
        self.start()

    def _configuration(self) -> str:
        users = ""
        if os.geteuid() != 0:
            name = self.mail_user.pw_name
            users = f"default_login_user = {name}\ndefault_internal_user = {name}"
        return CONFIGURATION.format(
            folder=self.folder,
            sockets=self._sockets,
            port=self.port,
            tls_port=self.tls_port,
            users=users,
            no_chroot="chroot =" if users else "",
            password=PASSWORD,
            uid=self.mail_user.pw_uid,
            gid=self.mail_user.pw_gid,
        )


def _with_crlf(raw: bytes) -> bytes:
    """Dovecot keeps mail with bare line feeds on disk."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def find_program() -> str:
    """Path of dovecot; raises FileNotFoundError saying what to install."""
    for path in ("dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"):
        found = shutil.which(path)
        if found:
            return found
    raise FileNotFoundError("no Dovecot here: apt-get install dovecot-imapd")


def make_certificate(folder: Path) -> None:
    """Write key.pem and a self-signed cert.pem for localhost, valid for a year."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    unencrypted = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, private, unencrypted))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
