"""Web, worker and beat as processes of their own, as docker-compose.yml starts them."""

from __future__ import annotations

import json
import os
import re
import signal
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import pytest
import redis
from websockets import Origin
from websockets.sync.client import ClientConnection, connect

from helpdesk.lib.ids import new_id
from tests.operations.conftest import ADDRESS, ADMIN, PASSWORD, SetUp
from tests.operations.install import (
    ROOT,
    STOP_SECONDS,
    Api,
    Installation,
    Running,
    drop_database,
    make_database,
    put_away,
    wait_until,
)
from tests.services.ports import free_port
from tests.services.smtp_sink import SmtpSink
from tests.services.valkey import Valkey

SWEPT_SECONDS = 15
NAMES = ("web", "worker", "beat")
CANARIES = ("canary-sender", "canary-subject", "canary-body", "canary-answer", "Canary Kestrel")


@dataclass
class Topology:
    """Everything that runs, and how to reach it."""

    installation: Installation
    valkey: Valkey
    sink: SmtpSink
    api: Api
    token: str
    smtp_port: int
    processes: dict[str, Running]

    def write(self, subject: str, text: str = "Where is it?", sender: str = "mia") -> str:
        """Hand a mail to the worker's SMTP listener; returns its Message-ID."""
        mail = EmailMessage()
        mail["From"] = f"Canary Kestrel <{sender}@posteo.example>"
        mail["To"] = ADDRESS
        mail["Subject"] = subject
        mail["Message-ID"] = make_msgid(domain="posteo.example")
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=30) as client:
            client.send_message(mail)
        return str(mail["Message-ID"])

    def tickets(self, beginning: str) -> list[dict[str, Any]]:
        """Tickets whose subject begins so, by the API."""
        found = self.api.get("/api/v1/tickets?limit=100")["results"]
        return [each for each in found if each["subject"].startswith(beginning)]

    def answer(self, ticket: dict[str, Any], text: str) -> None:
        """Reply to a ticket by the API."""
        reply = {
            "id": str(new_id()),
            "kind": "reply",
            "text": text,
            "last_seen_position": ticket["last_position"],
        }
        status, answer = self.api.call("POST", f"/api/v1/tickets/{ticket['id']}/messages", reply)
        assert status == 201, answer

    @contextmanager
    def socket(self) -> Iterator[ClientConnection]:
        """Ana's socket, which has said hello at the present head."""
        ana = Api(self.api.port)
        assert ana.sign_in(ADMIN, PASSWORD) == 200
        address = f"127.0.0.1:{self.api.port}"
        cookies = {"Cookie": ana.cookie_header}
        with connect(
            f"ws://{address}/ws/agent",
            origin=Origin(f"http://{address}"),
            additional_headers=cookies,
        ) as page:
            start = ana.get("/api/v1/bootstrap")["event"]
            page.send(json.dumps({"type": "hello", "client_id": str(new_id()), **start}))
            yield page


def hear(page: ClientConnection, type_: str, subject: str) -> dict[str, Any]:
    """The first event of this type about a ticket of this subject."""
    while True:
        frame = json.loads(page.recv(timeout=60))
        for event in frame.get("events", []):
            if event["type"] == type_ and event["payload"]["ticket"]["subject"] == subject:
                found: dict[str, Any] = event
                return found


@pytest.fixture
def topology(set_up: SetUp, tmp_path: Path) -> Iterator[Topology]:
    """One of each, on real PostgreSQL and Valkey; outgoing mail goes to a server of ours."""
    server_url, name = os.environ["DATABASE_URL"], f"ops_{new_id().hex[-12:]}"
    valkey, sink, port, smtp_port = Valkey(tmp_path).start(), SmtpSink().start(), 0, free_port()
    port = free_port()
    installation = Installation(
        tmp_path,
        make_database(server_url, name, like=set_up.name),
        REDIS_URL=valkey.url,
        AFTERCARE_PUBLIC_URL=f"http://127.0.0.1:{port}",
    )
    processes = {
        "web": installation.start("web", "--port", str(port)),
        "worker": installation.start("worker", AFTERCARE_SMTP_LISTEN=f"127.0.0.1:{smtp_port}"),
        "beat": installation.start("beat"),
    }
    api = Api(port, set_up.token)
    try:
        processes["web"].wait_for(f"Aftercare is ready on http://127.0.0.1:{port}")
        processes["worker"].wait_for("The worker is ready.")
        processes["beat"].wait_for("Beat is ready.")
        (channel,) = api.get("/api/v1/channels")["results"]
        path = f"/api/v1/channels/{channel['id']}"
        assert api.call("PATCH", path, {"config": {"smtp": sink.url}})[0] == 200
        yield Topology(installation, valkey, sink, api, set_up.token, smtp_port, processes)
    finally:
        put_away(*processes.values())
        sink.stop()
        valkey.stop()
        drop_database(server_url, name)


def test_the_processes_are_those_of_docker_compose():
    composed = (ROOT / "docker-compose.yml").read_text()

    commands = re.findall(r"command: \[aftercare, (\w+)", composed)
    assert commands == ["web", "worker", "beat", "migrate"]


def test_a_mail_crosses_the_processes_and_the_answer_leaves(topology):
    with topology.socket() as page:
        message_id = topology.write("canary-subject", "canary-body", sender="canary-sender")
        event = hear(page, "message.received", "canary-subject")
        (ticket,) = topology.tickets("canary-subject")
        assert event["payload"]["ticket"]["id"] == ticket["id"]
        topology.answer(ticket, "canary-answer")
        (mail,) = topology.sink.wait_for(1, timeout_seconds=60)
        hear(page, "message.delivery_changed", "canary-subject")

    assert mail.recipients == ["canary-sender@posteo.example"]
    assert mail.message["In-Reply-To"] == message_id
    text = mail.message.get_body(("plain",))
    assert text is not None
    assert "canary-answer" in text.get_content()
    assert len(topology.sink.mails) == 1
    # At DEBUG, none of the three has written who wrote, what, or with which key.
    for name in NAMES:
        printed = topology.processes[name].printed()
        for secret in (*CANARIES, topology.token, PASSWORD, ADMIN):
            assert secret not in printed, f"{name} logged {secret}"


def test_what_redis_forgets_is_found_by_the_sweep(topology):
    """G9.4, ARCHITECTURE §1: Redis may be flushed or killed at any time."""
    client = redis.Redis.from_url(topology.valkey.url)
    is_over = threading.Event()

    def forget() -> None:
        while not is_over.wait(0.01):
            client.flushall()

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    for number in range(5):
        topology.write(f"flushed {number}")
    is_over.set()
    forgetting.join()
    client.close()
    wait_until(
        lambda: len(topology.tickets("flushed")) == 5, "5 tickets", timeout_seconds=SWEPT_SECONDS
    )

    topology.valkey.kill()
    topology.write("killed")
    (ticket,) = wait_until(
        lambda: topology.tickets("killed"), "a ticket", timeout_seconds=SWEPT_SECONDS
    )
    topology.answer(ticket, "It is on its way.")
    assert len(topology.sink.wait_for(1, timeout_seconds=SWEPT_SECONDS + 30)) == 1

    topology.valkey.start()
    with topology.socket() as page:
        topology.write("back again")
        hear(page, "ticket.created", "back again")
    assert len(topology.tickets("flushed")) == 5
    assert len(topology.tickets("killed")) == 1
    assert len(topology.tickets("back again")) == 1
    assert len(topology.sink.mails) == 1


def test_sigterm_ends_each_process_cleanly(topology):
    with topology.socket() as page:
        topology.write("before the end")
        hear(page, "ticket.created", "before the end")

        for name in NAMES:
            code, seconds = topology.processes[name].ends_on(signal.SIGTERM)
            assert (name, code) == (name, 0)
            assert seconds < STOP_SECONDS, f"{name} took {seconds:.1f} s"
            assert "Traceback" not in topology.processes[name].printed()
