"""The commands that people and scripts rely on, run as they run them."""

from __future__ import annotations

import http.client
import json
import mailbox
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.inbox.mails import write_mail
from tests.operations.conftest import ADDRESS, ADMIN, PASSWORD, SetUp
from tests.operations.install import Api, Installation, Running, put_away, wait_until
from tests.services.ports import free_port

TOTALS = ["seen", "messages", "tickets", "duplicates", "quarantined", "auto", "bounces", "seconds"]


@pytest.fixture
def serving(shop: Installation) -> Iterator[tuple[Running, int]]:
    """`aftercare serve` of the shop, and its port."""
    port = free_port()
    running = shop.start("serve", "--port", str(port))
    running.wait_for("Aftercare is ready")
    yield running, port
    put_away(running)


def totals_of(output: str) -> dict[str, Any]:
    """The last line, without the seconds."""
    found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    assert list(found) == TOTALS
    assert found.pop("seconds") >= 0
    return found


def counted(**values: int) -> dict[str, int]:
    return {**dict.fromkeys(TOTALS[:-1], 0), **values}


def test_what_sets_an_installation_up_says_what_it_did(set_up: SetUp):
    assert set_up.said["migrate"] == "The database is up to date.\n"
    assert set_up.said["create-admin"] == f"{ADMIN} can sign in.\n"
    assert set_up.said["create-token"].startswith("act_")
    assert set_up.said["create-token"].count("\n") == 1
    assert set_up.said["channels add"] == f"help: {ADDRESS}\n"


def test_people_are_added_once_and_with_a_good_password_only(shop):
    again = shop.run("create-admin", "--email", ADMIN.upper(), "--password", PASSWORD)
    weak = shop.run("create-admin", "--email", "bo@shop.example", "--password", "password")
    nobody = shop.run("create-token", "--email", "bo@shop.example")

    assert (again.returncode, weak.returncode, nobody.returncode) == (2, 2, 2)
    assert "There is already a person with the address" in again.stderr
    assert "password: " in weak.stderr
    assert "Nobody signs in as bo@shop.example." in nobody.stderr
    assert (again.stdout, weak.stdout, nobody.stdout) == ("", "", "")


def test_channels_are_added_and_listed(shop):
    imap = "imaps://b2b%40shop.example@imap.shop.example:993"
    added = shop.done(
        "channels", "add", "email", "--name", "B2B", "--address", "b2b@shop.example",
        "--imap", imap, "--smtp", "smtps://b2b:geheim-4711@smtp.shop.example",
        "--imap-password-env", "B2B_PASSWORD", B2B_PASSWORD="geheim-4712",
    )  # fmt: skip
    wrong = shop.run(
        "channels",
        "add",
        "email",
        "--name",
        "X",
        "--address",
        "x@shop.example",
        "--imap",
        "ftp://x",
    )
    listed = shop.done("channels", "list")

    assert added == "b2b: b2b@shop.example\n"
    assert wrong.returncode == 2
    assert "  imap: Write imaps://user:password@host:port." in wrong.stderr
    lines = [line.split() for line in listed.splitlines()]
    assert lines == [["b2b", "email", "b2b@shop.example"], ["help", "email", ADDRESS]]
    with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:
        rows = connection.execute("SELECT config::text, secrets FROM tickets_channel").fetchall()
        connection.execute("DELETE FROM tickets_channel WHERE slug = 'b2b'")
    assert len(rows) == 2
    assert not any("geheim" in str(row) for row in rows)


def test_mail_is_imported_once_however_it_is_named(shop, mails):
    (mails / "one.eml").write_bytes(write_mail("One"))
    box = mailbox.mbox(mails / "box")
    for text in ("Two", "Three"):
        box.add(write_mail(text))
    box.close()
    maildir = mailbox.Maildir(mails / "Maildir")
    maildir.add(write_mail("Four"))
    out_of_office = write_mail("I am away.", Auto_Submitted="auto-replied")
    (mails / "away.eml").write_bytes(out_of_office)
    (mails / "list").write_text(f"{mails / 'one.eml'}\n{mails / 'box'}\n")

    named = shop.done("import-mail", "--files-from", mails / "list", "--channel", "help", "--json")
    everything = shop.done("import-mail", mails / "box", mails / "Maildir", mails / "one.eml",
                           mails / "away.eml", "--json")  # fmt: skip
    again = shop.done("import-mail", mails / "Maildir", mails / "away.eml", "--json")

    assert totals_of(named) == counted(seen=3, messages=3, tickets=3)
    assert totals_of(everything) == counted(seen=5, messages=2, tickets=2, duplicates=3, auto=1)
    assert totals_of(again) == counted(seen=2, duplicates=2)
    missing = shop.run("import-mail", mails / "absent", "--json")
    nowhere = shop.run("import-mail", mails / "one.eml", "--channel", "nowhere", "--json")
    assert (missing.returncode, nowhere.returncode) == (2, 2)
    assert "absent does not exist" in missing.stderr
    assert "no channel called “nowhere”" in nowhere.stderr


def test_parse_mail_answers_a_line_per_file_and_never_fails_for_a_bad_one(shop, mails):
    (mails / "good.eml").write_bytes(
        write_mail("Where is it?\n\n> Hello", subject="Parcel", message_id="a@posteo.example")
    )
    (mails / "bad.eml").write_bytes(b"\xff\x00" * 200)
    (mails / "list").write_text(f"{mails / 'good.eml'}\n{mails / 'bad.eml'}\n")

    output = shop.done("parse-mail", mails / "absent", "--files-from", mails / "list", "--jsonl")
    body = shop.done("parse-mail", "--body", "text", mails / "good.eml", "--jsonl")

    absent, good, bad = map(json.loads, output.splitlines())
    assert absent["error"]
    assert list(good) == [
        "file", "subject", "from", "to", "cc", "message_id", "in_reply_to", "references", "text",
        "reply_text", "html", "attachments", "is_bounce", "bounces", "is_auto_reply", "defects",
        "error",
    ]  # fmt: skip
    assert list(bad) == list(good)
    assert (good["subject"], good["error"]) == ("Parcel", None)
    assert good["from"] == {"address": "mia@posteo.example", "name": "Mia Laurent"}
    assert good["reply_text"].strip() == "Where is it?"
    assert json.loads(body)["text"].startswith("From: Mia Laurent")


def test_classify_answers_each_line_in_order(shop):
    lines = [
        json.dumps({"id": 1, "text": "Please cancel my order 4711, I ordered it by mistake."}),
        json.dumps({"id": "b", "text": "Wo bleibt mein Paket? Es ist noch nicht angekommen."}),
        "no json",
    ]

    answers = [json.loads(line) for line in shop.done(
        "classify", "--jsonl", stdin="\n".join(lines)
    ).splitlines()]  # fmt: skip

    assert [each["id"] for each in answers] == [1, "b", None]
    assert [each["language"] for each in answers[:2]] == ["en", "de"]
    assert list(answers[0]) == ["id", "language", "intent", "confidence", "sentiment"]
    assert (answers[0]["intent"], answers[1]["intent"]) == ("cancel_order", "order_status")
    assert "line 3 is not JSON" in answers[2]["error"]


def test_idle_waits_for_durable_work_and_says_when_there_is_too_much(shop, mails, set_up):
    with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:  # all is done to begin with
        connection.execute(
            "UPDATE events_subscribercursor c SET seq = n.last_seq FROM events_eventcounter n "
            "WHERE n.organization_id = c.organization_id"
        )
    assert shop.run("idle", "--timeout", "20").returncode == 0

    with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:
        connection.execute("UPDATE events_subscribercursor SET seq = seq - 1")
        connection.execute("UPDATE events_eventcounter SET last_seq = last_seq + 1")
    late = shop.run("idle", "--timeout", "0.5")
    with psycopg.connect(shop.settings["DATABASE_URL"]) as connection:
        connection.execute("UPDATE events_eventcounter SET last_seq = last_seq - 1")
        connection.execute("UPDATE events_subscribercursor SET seq = seq + 1")

    assert late.returncode == 1
    assert "pieces of work are still due" in late.stderr


def test_doctor_says_what_is_wrong_and_what_to_do(shop):
    alone = shop.run("doctor")
    findings = [json.loads(line) for line in shop.run("doctor", "--json").stdout.splitlines()]

    assert alone.returncode == 1
    assert "BAD  worker       none is running\n     → Start “aftercare serve”" in alone.stdout
    assert "BAD  beat         none is running" in alone.stdout
    by_part = {each["part"]: each for each in findings}
    assert set(by_part) >= {"database", "worker", "beat", "mailbox", "disk", "clock", "redis"}
    assert [part for part, each in by_part.items() if not each["is_ok"]] == ["worker", "beat"]
    assert all(bool(each["to_do"]) is not each["is_ok"] for each in findings)


def test_doctor_is_content_while_all_runs_and_the_token_opens_the_api(shop, set_up, serving):
    running, port = serving

    doctor = wait_until(lambda: _content(shop), "a doctor without complaints")

    assert "BAD" not in doctor
    assert "ok   worker       1 running" in doctor
    assert "ok   beat         1 running" in doctor
    assert Api(port, set_up.token).get("/api/v1/me")["email"] == ADMIN
    assert Api(port, "act_wrong").call("GET", "/api/v1/me")[0] == 401
    assert running.process.poll() is None


def test_doctor_notices_a_proxy_that_lets_no_websocket_through(shop, set_up, serving):
    """G9.5."""
    _, port = serving
    with _deaf_proxy(port) as proxy_port:
        through = _told_of_sockets(shop, f"http://127.0.0.1:{proxy_port}")
        straight = _told_of_sockets(shop, f"http://127.0.0.1:{port}")
        nowhere = _told_of_sockets(shop, f"http://127.0.0.1:{free_port()}")

    assert straight["is_ok"], straight
    assert not through["is_ok"]
    assert "instead of opening one" in through["seen"]
    assert "Upgrade and Connection" in through["to_do"]
    assert not nowhere["is_ok"]
    assert "cannot be reached" in nowhere["seen"]


def _told_of_sockets(shop: Installation, address: str) -> dict[str, Any]:
    lines = shop.run("doctor", "--json", AFTERCARE_PUBLIC_URL=address).stdout.splitlines()
    (found,) = [each for each in map(json.loads, lines) if each["part"] == "websocket"]
    return found


@contextmanager
def _deaf_proxy(port: int) -> Iterator[int]:
    """Passes requests on as a proxy does by default: without what speaks of this one hop only."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            line.request("GET", self.path, headers={"Host": self.headers["Host"]})
            answer = line.getresponse()
            body = answer.read()
            line.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def _content(shop: Installation) -> str:
    ended = shop.run("doctor")
    return ended.stdout if ended.returncode == 0 else ""


def test_connectors_are_listed_and_an_unknown_bench_is_named(shop):
    connectors = shop.done("connectors")
    unknown = shop.run("bench", "speed", "--json")

    lines = [line.split() for line in connectors.splitlines()]
    assert ["email", "E-mail", "receives,", "sends,", "webhooks"] in lines
    demo_store = next(line for line in lines if line[0] == "demo_store")
    assert demo_store[1:3] == ["Demo", "store"]
    assert {"cancel,", "refund,", "gets_order,", "lists_orders,"} <= set(demo_store)
    assert {"api", "chat", "facebook", "sms", "telegram", "whatsapp"} <= {line[0] for line in lines}
    assert unknown.returncode == 2
    assert "There is no bench “speed”: front_end, inbound," in unknown.stderr


def test_a_figure_is_a_line_of_json(shop):
    if not (Path(__file__).parents[2] / "frontend/inbox/build/index.html").exists():
        pytest.skip("the front end is not built")

    told = shop.done("bench", "front_end", "--json").splitlines()
    figures = [json.loads(line) for line in told]

    assert [list(each) for each in figures] == [["name", "value", "unit", "baseline", "ratio"]] * 4
    assert [(each["name"], each["unit"], each["baseline"]) for each in figures] == [
        ("app_js_gz_kb", "kB", 120),
        ("app_css_gz_kb", "kB", 18),
        ("widget_loader_gz_kb", "kB", 3),
        ("widget_cold_gz_kb", "kB", 36),
    ]
    assert all(each["value"] <= each["baseline"] for each in figures)


def test_a_command_that_is_not_there_is_named(shop):
    ended = shop.run("frobnicate")

    assert ended.returncode == 2
    assert "invalid choice: 'frobnicate'" in ended.stderr
    assert os.linesep not in ended.stdout
