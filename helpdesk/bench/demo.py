"""How much memory the whole demo takes: the server, its parser children and PostgreSQL."""

from __future__ import annotations

import time
from pathlib import Path

from helpdesk.bench.figure import Figure
from helpdesk.bench.server import free_port, served

BUDGET_MB = 350
SETTLE_SECONDS = 5


def main() -> None:
    """Print ``demo_rss_mb``: memory after a mail went through, shared pages counted once."""
    with served("demo", "--smtp-port", str(smtp_port := free_port())) as (_, pid):
        _send_a_mail(smtp_port)
        time.sleep(SETTLE_SECONDS)
        total = sum(_proportional_mb(each) for each in _family(pid))
    Figure("demo_rss_mb", round(total, 1), "MB", BUDGET_MB, round(total / BUDGET_MB, 2)).print()


def _send_a_mail(port: int) -> None:
    import smtplib
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"] = "mia@posteo.example", "help@lindenloom.example"
    mail["Subject"] = "Where is my order?"
    mail.set_content("Hello, where is my order #1042? It should have been here on Tuesday.")
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
        smtp.send_message(mail)


def _family(pid: int) -> list[int]:
    """The process, everything it started, and PostgreSQL on its data folder."""
    parents = {int(each.name): _parent(each) for each in Path("/proc").glob("[0-9]*")}
    family = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            break
        family |= more
    return sorted(family | _postgres(parents))


def _postgres(parents: dict[int, int]) -> set[int]:
    import os

    folder = os.environ["AFTERCARE_DATA"]
    roots = {each for each in parents if folder in _command(each) and "postgres" in _command(each)}
    return roots | {child for child, parent in parents.items() if parent in roots}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _proportional_mb(pid: int) -> float:
    """Proportional set size: pages shared by several processes count once in the sum."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    line = next((each for each in text.splitlines() if each.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
