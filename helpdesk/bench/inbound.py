"""How fast mail comes in: whole path with rules and intents, one worker, against plain inserts.

The baseline parses the same mails by the same parser and inserts each as one row in a
transaction of its own: what no helpdesk can be faster than with this parser and database.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from helpdesk.commands.environment import migrate_if_needed, prepare

MAILS = 2000
BATCH = 25  # as a mailbox is fetched
SEED = 7


def main() -> None:
    """Print ``inbound_mails_per_s`` and ``inbound_vs_insert``."""
    prepare()
    migrate_if_needed()
    from helpdesk.bench.figure import Figure, compared

    mails = make_mails(MAILS)
    plain = _plain_rate(mails)
    whole, tickets = _whole_rate(mails)
    if tickets < MAILS // 2:
        raise RuntimeError(f"only {tickets} tickets from {MAILS} mails")
    Figure("inbound_mails_per_s", round(whole, 1), "mails/s", 70, round(whole / 70, 2)).print()
    compared("inbound_vs_insert", whole, "mails/s", plain).print()


def make_mails(count: int) -> list[bytes]:
    """Mails with the words of the demo's shoppers in nine languages; every fourth is an answer."""
    from integrations.demo_store import content

    chance = random.Random(SEED)  # noqa: S311 (the same mails in every run)
    words = [
        (told.subject, said.text)
        for told in content.conversations()
        for said in told.messages
        if said.author == "customer" and said.text.strip()
    ]
    mails: list[bytes] = []
    earlier: list[tuple[str, str, str]] = []
    for number in range(count):
        subject, text = chance.choice(words)
        address = f"shopper{number}@posteo.example"
        mail = EmailMessage()
        identifier = make_msgid(domain="posteo.example")
        if number % 4 == 3:
            known_id, address, subject = chance.choice(earlier)
            mail["In-Reply-To"] = mail["References"] = known_id
            subject = f"Re: {subject}"
            text += "\n\nAm 20.11.2026 um 18:41 schrieb Linden & Loom:\n> Danke\n> Bis bald\n"
        earlier.append((identifier, address, subject))
        mail["From"] = f"Shopper {number} <{address}>"
        mail["To"] = "help@lindenloom.example"
        mail["Subject"] = subject
        mail["Message-ID"] = identifier
        mail["Date"] = format_datetime(_moment(number))
        mail.set_content(text)
        if number % 2:
            mail.add_alternative(f"<div><p>{text}</p></div>", subtype="html")
        mails.append(mail.as_bytes())
    return mails


def _moment(number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from datetime import timedelta

    from helpdesk.lib.clock import now

    return now() - timedelta(seconds=MAILS - number)


def _plain_rate(mails: list[bytes]) -> float:
    from django.db import connection, transaction

    from integrations.email.parser_child import LimitedParser

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_mail (id bigserial PRIMARY KEY, subject text, body text)"
        )
    parser = LimitedParser()
    parser.parse(mails[0])
    began = time.perf_counter()
    for raw in mails:
        parsed = parser.parse(raw)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_mail (subject, body) VALUES (%s, %s)",
                [parsed.subject, parsed.text],
            )
    return len(mails) / (time.perf_counter() - began)


def _whole_rate(mails: list[bytes]) -> tuple[float, int]:
    from automation.intents import understanding
    from helpdesk.commands.people import first_organization
    from inbox import door, raw
    from integrations.email.channels import add_email_channel
    from tickets.models import Ticket

    organization = first_organization("Linden & Loom", "bench")
    channel = add_email_channel(organization, name="Help", address="help@lindenloom.example")
    understanding.understand("Where is my order?")
    done = threading.Event()
    began = time.perf_counter()
    worker = threading.Thread(target=_run_subscribers, args=(organization.pk, done))
    worker.start()
    for start in range(0, len(mails), BATCH):
        for number, content in enumerate(mails[start : start + BATCH], start):
            raw.store(channel, content, source=f"bench:{number}")
        door.process_channel(channel.pk)
    done.set()
    worker.join()
    seconds = time.perf_counter() - began
    return len(mails) / seconds, Ticket.objects.filter(organization=organization).count()


def _run_subscribers(organization_id: uuid.UUID, done: threading.Event) -> None:
    """The worker's other thread: rules, intents and the rest, beside the mail that comes in."""
    from django.db import connection

    from helpdesk.events.dispatch import run_subscribers

    while True:
        was_last = done.is_set()
        if not run_subscribers(organization_id):
            if was_last:
                break
            done.wait(0.01)
    connection.close()


if __name__ == "__main__":
    main()
