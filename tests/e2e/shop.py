"""The shop that browser tests work in: its server, its mailbox, its customers and their orders."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from typing import Any, TypeVar

from playwright.sync_api import APIRequestContext

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from integrations.commerce.actions import upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import (
    FulfillmentData,
    OrderData,
    OrderLineData,
    ScanData,
    StoreCustomerData,
)
from tests.e2e.server import AftercareServer
from tests.services.dovecot import Dovecot, Mailbox
from tests.services.smtp_sink import ReceivedMail, SmtpSink

ADDRESS = "help@shop.example"
LISTENED_ADDRESS = "hello@shop.example"
AUTHSERV_ID = "mx.shop.example"
ADMIN_EMAIL = "ana@shop.example"
ADMIN_NAME = "Ana Ferreira"
PASSWORD = "every linen thread 48213"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Shopper:
    """Somebody who buys, with a mailbox of their own on the same Dovecot."""

    name: str
    mailbox: Mailbox

    @property
    def address(self) -> str:
        return self.mailbox.address

    @property
    def sender(self) -> str:
        return formataddr((self.name, self.address))

    def mails(self) -> list[EmailMessage]:
        """What came into their mailbox, oldest first."""
        return [_parsed(raw) for raw in self.mailbox.messages()]


class Shop:
    """One organization with Ana, a channel on Dovecot and SMTP, and a store."""

    def __init__(
        self, server: AftercareServer, dovecot: Dovecot, sink: SmtpSink, api: APIRequestContext
    ) -> None:
        self.server = server
        self.dovecot = dovecot
        self.sink = sink
        self.mailbox = dovecot.new_mailbox(ADDRESS)
        self.store: Store
        self._api = api
        self._shoppers: dict[str, Shopper] = {}
        sink.forward = self._deliver

    # Customers and what they write

    def shopper(self, name: str) -> Shopper:
        """A new customer with an address of their own."""
        address = f"{name.split(maxsplit=1)[0].lower()}-{new_id().hex[-8:]}@posteo.example"
        shopper = Shopper(name, self.dovecot.new_mailbox(address))
        self._shoppers[address] = shopper
        return shopper

    def arrive(
        self,
        shopper: Shopper,
        subject: str,
        text: str,
        *,
        html: str = "",
        dmarc: str | None = "pass",
        answer_to: EmailMessage | None = None,
        display_name: str = "",
        attachments: tuple[tuple[str, str, bytes], ...] = (),
    ) -> EmailMessage:
        """Put a mail of theirs into the shop's mailbox, as the receiving server would.

        ``dmarc`` is that server's verdict about the sender; None for a server that says nothing.
        """
        mail = _mail(shopper.sender, ADDRESS, subject, text, html, attachments)
        if answer_to is not None:
            mail["In-Reply-To"] = answer_to["Message-ID"]
            mail["References"] = (
                f"{answer_to.get('References', '')} {answer_to['Message-ID']}".strip()
            )
        head = ""
        if dmarc:
            domain = shopper.address.partition("@")[2]
            head = f"Authentication-Results: {AUTHSERV_ID}; dmarc={dmarc} header.from={domain}\r\n"
        raw = mail.as_bytes(policy=policy.SMTP)
        if display_name:
            # By hand: the standard library loses the quotes around long odd names.
            words = Header(display_name, "utf-8", header_name="From").encode(linesep="\r\n")
            ours = f"From: {shopper.sender}\r\n".encode()
            raw = raw.replace(ours, f"From: {words}\r\n <{shopper.address}>\r\n".encode(), 1)
        self.mailbox.deliver(head.encode() + raw)
        return mail

    def send_by_smtp(self, shopper: Shopper, subject: str, text: str) -> None:
        """Hand a mail to our own SMTP listener."""
        mail = _mail(shopper.sender, LISTENED_ADDRESS, subject, text, "", ())
        with smtplib.SMTP("127.0.0.1", self.server.smtp_port, timeout=20) as client:
            client.send_message(mail)

    def _deliver(self, mail: ReceivedMail) -> None:
        for recipient in mail.recipients:
            shopper = self._shoppers.get(recipient)
            if shopper is not None:
                shopper.mailbox.deliver(mail.raw)

    # Orders

    def order(self, shopper: Shopper, number: str, **changes: Any) -> None:
        """An order of theirs, placed three hours ago and not yet sent unless told otherwise."""
        placed_at = now() - timedelta(hours=3)
        told: dict[str, Any] = {
            "external_id": f"ext-{number}",
            "number": f"#{number}",
            "placed_at": placed_at,
            "updated_at": placed_at,
            "currency": "EUR",
            "subtotal_minor": 14800,
            "total_minor": 14800,
            "financial_status": "paid",
            "fulfillment_status": "unfulfilled",
            "email": shopper.address,
            "customer": StoreCustomerData(
                external_id=shopper.address,
                updated_at=placed_at,
                name=shopper.name,
                language="en",
                emails=(shopper.address,),
            ),
            "lines": (
                OrderLineData(
                    title="Linen duvet cover", quantity=1, price_minor=14800, variant="Sand"
                ),
            ),
        }
        upsert_order(self.store, OrderData(**{**told, **changes}))

    def sent_order(self, shopper: Shopper, number: str) -> str:
        """An order of theirs that is on its way; returns the tracking address."""
        shipped_at = now() - timedelta(days=1)
        address = f"https://track.shop.example/{number}"
        parcel = FulfillmentData(
            external_id=f"parcel-{number}",
            status="in_transit",
            carrier="Colissimo",
            tracking_number=f"LL{number}FR",
            tracking_url=address,
            shipped_at=shipped_at,
            scans=(ScanData(shipped_at, "in_transit", "Picked up", "Guimarães"),),
        )
        self.order(
            shopper,
            number,
            placed_at=now() - timedelta(days=4),
            fulfillment_status="fulfilled",
            fulfillments=(parcel,),
        )
        return address

    # What the shop's own API tells

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer of ``GET /api/v1{path}``; raises AssertionError for a refusal."""
        answer = self._api.get(f"/api/v1{path}", params=params)
        assert answer.ok, f"GET {path}: {answer.status} {answer.text()}"
        return answer.json()

    def call(self, method: str, path: str, data: Any = None) -> tuple[int, Any]:
        """Status and JSON of any other request."""
        answer = self._api.fetch(f"/api/v1{path}", method=method, data=data)
        return answer.status, answer.json() if answer.text() else None

    def find_tickets(self, shopper: Shopper) -> list[dict[str, Any]]:
        """The tickets of this customer, whatever their status."""
        found = self.get("/customers", q=shopper.address)["results"]
        return [] if not found else self.get(f"/customers/{found[0]['id']}/tickets")["results"]

    def ticket_of(self, shopper: Shopper) -> dict[str, Any]:
        """Their only ticket, once it is there."""
        (ticket,) = wait_until(lambda: self.find_tickets(shopper), f"a ticket of {shopper.address}")
        return ticket

    def messages_of(self, ticket_id: str) -> list[dict[str, Any]]:
        """The newest messages of a ticket, oldest first."""
        found: list[dict[str, Any]] = self.get(f"/tickets/{ticket_id}")["messages"]
        return found


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(mail: EmailMessage) -> str:
    """The HTML of a mail."""
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def wait_until(
    ask: Callable[[], Found | None],
    what: str,
    *,
    timeout_seconds: float = 30,
    pause_seconds: float = 0.1,
) -> Found:
    """The first true answer; raises TimeoutError naming what did not come."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {timeout_seconds:.0f} s")
        time.sleep(pause_seconds)


def _mail(
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    attachments: tuple[tuple[str, str, bytes], ...],
) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = make_msgid(domain="posteo.example")
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content_type, content in attachments:
        main, _, sub = content_type.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def _parsed(raw: bytes) -> EmailMessage:
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed
