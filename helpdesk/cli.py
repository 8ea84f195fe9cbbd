"""The ``aftercare`` command. Arguments are read here; what is done lives in helpdesk/commands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from helpdesk.lib.errors import HelpdeskError

Run = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Intended errors are one line on stderr."""
    parsed = _parser().parse_args(arguments)
    try:
        run: Run = parsed.run
        return run(parsed)
    except HelpdeskError as error:
        print(f"aftercare: {error.message}", file=sys.stderr)
        for each in error.errors:
            print(f"  {each.path}: {each.message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aftercare", description="The helpdesk for online shops.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serving(commands)
    _add_people(commands)
    _add_mail(commands)
    _add_care(commands)
    return parser


def _command(commands: Any, name: str, run: Run, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    parser.set_defaults(run=run)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(
            f"“{text}” is no port. Write a number from 1 to 65535 (PORT, SMTP_PORT)"
        )
    return int(text)


def _add_serving(commands: Any) -> None:
    port = os.environ.get("PORT") or "8000"
    host = os.environ.get("HOST", "127.0.0.1")
    demo = _command(commands, "demo", _demo, "the demo shop, everything in one process")
    serve = _command(commands, "serve", _serve, "everything in one process")
    web = _command(commands, "web", _web, "only HTTP and sockets (needs REDIS_URL beside workers)")
    for each in (demo, serve, web):
        each.add_argument("--port", type=_port, default=port, help="or PORT")
        each.add_argument("--host", default=host, help="or HOST")
    smtp_port = os.environ.get("SMTP_PORT") or "2525"
    demo.add_argument("--smtp-port", type=_port, default=smtp_port, help="or SMTP_PORT")
    worker = _command(commands, "worker", _worker, "a worker process (needs REDIS_URL)")
    worker.add_argument("--concurrency", type=int, default=4)
    _command(commands, "beat", _beat, "a beat process (needs REDIS_URL)")
    _command(commands, "migrate", _migrate, "bring the database up to date")


def _add_people(commands: Any) -> None:
    admin = _command(commands, "create-admin", _create_admin, "add a person who may do everything")
    admin.add_argument("--email", required=True)
    admin.add_argument("--password", default=os.environ.get("AFTERCARE_ADMIN_PASSWORD", ""))
    admin.add_argument("--name", default="")
    token = _command(commands, "create-token", _create_token, "print a new API token")
    token.add_argument("--email", required=True)
    token.add_argument("--name", default="command line")


def _add_mail(commands: Any) -> None:
    imported = _command(commands, "import-mail", _import_mail, "take in .eml, mbox and Maildir")
    parse = _command(commands, "parse-mail", _parse_mail, "show what is read from mail files")
    for each in (imported, parse):
        each.add_argument("paths", nargs="*", metavar="PATH")
        each.add_argument(
            "--files-from", metavar="LIST", help="a file with one path a line; - reads stdin"
        )
    imported.add_argument("--channel", metavar="SLUG")
    imported.add_argument("--json", action="store_true")
    parse.add_argument("--jsonl", action="store_true")
    parse.add_argument("--body", choices=["text", "html"])
    macros = _command(
        commands, "import-macros", _import_macros, "macros of Gorgias or Zendesk (JSON exports)"
    )
    macros.add_argument("file", metavar="FILE", help="- reads stdin")
    macros.add_argument("--organization", metavar="SLUG")
    macros.add_argument("--try", dest="is_trial", action="store_true", help="change nothing")
    macros.add_argument("--json", action="store_true")
    told = "export rules and macros as YAML, or import them as drafts"
    automation = _command(commands, "automation", _automation, told)
    automation.add_argument("action", choices=["export", "import"])
    automation.add_argument(
        "file", metavar="FILE", nargs="?", default="-", help="- is stdin/stdout"
    )
    automation.add_argument("--organization", metavar="SLUG")
    automation.add_argument(
        "--dry-run", dest="is_rehearsal", action="store_true", help="say what would change"
    )
    classify = _command(commands, "classify", _classify, "language, intent and sentiment of texts")
    classify.add_argument(
        "text", nargs="*", help="explain this message; without it, stdin is JSON lines"
    )
    classify.add_argument("--jsonl", action="store_true")
    _command(commands, "train-intents", _train_intents, "learn from corrected intents")
    _command(commands, "rebuild-reports", _rebuild_reports, "count the figures of reports afresh")
    channels = _command(commands, "channels", _channels, "list or add channels")
    actions = channels.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list")
    kinds = actions.add_parser("add").add_subparsers(dest="kind", required=True)
    email = kinds.add_parser("email")
    email.add_argument("--name", required=True)
    email.add_argument("--address", required=True)
    email.add_argument("--imap", help="imap[s]://user:password@host:port")
    email.add_argument("--smtp", help="smtp[s]://user:password@host:port")
    email.add_argument("--folder", default="INBOX")
    email.add_argument("--imap-password-env", metavar="NAME")
    email.add_argument("--smtp-password-env", metavar="NAME")
    email.add_argument("--authserv-id", action="append", default=[], metavar="HOST")
    email.add_argument(
        "--listen", action="store_true", help="take in mail by SMTP, see AFTERCARE_SMTP_LISTEN"
    )
    email.add_argument("--ca-file", default="", help="certificate of a mail server of your own")


def _add_care(commands: Any) -> None:
    doctor = _command(commands, "doctor", _doctor, "check database, worker, mailboxes, disk, clock")
    doctor.add_argument("--json", action="store_true")
    idle = _command(commands, "idle", _idle, "wait until no durable work is due")
    idle.add_argument("--timeout", type=float, default=60, metavar="SECONDS")
    bench = _command(commands, "bench", _bench, "measure; prints figures with their baselines")
    bench.add_argument("names", nargs="*", metavar="NAME")
    bench.add_argument("--json", action="store_true")
    bench.add_argument(
        "--tickets",
        type=int,
        choices=[10_000, 100_000, 1_000_000],
        default=10_000,
        help="how many tickets the shop of ticket_list has",
    )
    _command(commands, "connectors", _connectors, "list what Aftercare can connect to")


def _prepare(*, needs_database: bool = True, may_be_away: bool = False) -> None:
    from helpdesk.commands.environment import prepare

    prepare(needs_database=needs_database, may_be_away=may_be_away)


def _need_port(host: str, port: int, *, setting: str = "PORT") -> None:
    from helpdesk.commands.environment import need_port

    need_port(host, port, setting=setting)


def _demo(arguments: argparse.Namespace) -> int:
    os.environ.setdefault("AFTERCARE_PUBLIC_URL", f"http://127.0.0.1:{arguments.port}")
    os.environ.setdefault("AFTERCARE_LOG_LEVEL", "WARNING")
    os.environ.setdefault("AFTERCARE_SMTP_LISTEN", f"127.0.0.1:{arguments.smtp_port}")
    _need_port(arguments.host, arguments.port)
    _need_port("127.0.0.1", arguments.smtp_port, setting="SMTP_PORT")
    _prepare()
    from helpdesk.commands.demo import run_demo

    run_demo(host=arguments.host, port=arguments.port, smtp_port=arguments.smtp_port)
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    os.environ.setdefault("AFTERCARE_PUBLIC_URL", f"http://127.0.0.1:{arguments.port}")
    _need_port(arguments.host, arguments.port)
    _prepare()
    from helpdesk.commands.environment import migrate_if_needed
    from helpdesk.commands.serve import serve

    migrate_if_needed()
    serve(host=arguments.host, port=arguments.port)
    return 0


def _web(arguments: argparse.Namespace) -> int:
    _need_port(arguments.host, arguments.port)
    _prepare()
    from helpdesk.commands.serve import serve

    serve(host=arguments.host, port=arguments.port, has_background=False)
    return 0


def _worker(arguments: argparse.Namespace) -> int:
    _prepare()
    from helpdesk.commands.serve import run_worker

    run_worker(concurrency=arguments.concurrency)
    return 0


def _beat(arguments: argparse.Namespace) -> int:
    del arguments
    _prepare()
    from helpdesk.commands.serve import run_beat

    run_beat()
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    del arguments
    _prepare()
    from helpdesk.commands.environment import migrate_if_needed

    print("Migrated." if migrate_if_needed() else "The database is up to date.")
    return 0


def _ready_database() -> None:
    _prepare()
    from helpdesk.commands.environment import migrate_if_needed

    migrate_if_needed()


def _create_admin(arguments: argparse.Namespace) -> int:
    _ready_database()
    from helpdesk.commands.people import create_admin

    user = create_admin(email=arguments.email, password=arguments.password, name=arguments.name)
    print(f"{user.email} can sign in.")
    return 0


def _create_token(arguments: argparse.Namespace) -> int:
    _ready_database()
    from helpdesk.commands.people import new_token

    print(new_token(email=arguments.email, name=arguments.name))
    return 0


def _paths(arguments: argparse.Namespace) -> list[Path]:
    named = list(arguments.paths)
    if arguments.files_from:
        lines = (
            sys.stdin.read()
            if arguments.files_from == "-"
            else Path(arguments.files_from).read_text(encoding="utf-8")
        )
        named += [line for line in lines.splitlines() if line.strip()]
    return [Path(each) for each in named]


def _import_mail(arguments: argparse.Namespace) -> int:
    _ready_database()
    from integrations.email.import_mail import import_mail

    totals = import_mail(_paths(arguments), channel_slug=arguments.channel)
    print(json.dumps(totals) if arguments.json else _as_words(totals))
    return 0


def _parse_mail(arguments: argparse.Namespace) -> int:
    from integrations.email.parse_mail_command import parse_mail_lines

    return _print_lines(parse_mail_lines(_paths(arguments), body=arguments.body))


def _classify(arguments: argparse.Namespace) -> int:
    if arguments.text and not arguments.jsonl:
        return _explain(" ".join(arguments.text))
    from automation.intents.classify_command import classify_lines

    return _print_lines(classify_lines(sys.stdin))


def _explain(text: str) -> int:
    from automation.intents.explanation import explained
    from helpdesk.lib.clock import now
    from integrations.email.reply_text import split_reply

    own = split_reply(text).reply_text or text
    for line in explained(own, today=now().date()):
        print(line)
    return 0


def _train_intents(arguments: argparse.Namespace) -> int:
    del arguments
    _ready_database()
    from automation.corrections.training import train
    from automation.corrections.words import told

    print(told(train()))
    return 0


def _rebuild_reports(arguments: argparse.Namespace) -> int:
    del arguments
    _ready_database()
    from automation.reports.rebuild import rebuild
    from helpdesk.accounts.models import Organization

    for organization in Organization.objects.order_by("created_at"):
        print(f"{organization.slug}: {rebuild(organization.pk)} tickets counted", flush=True)
    return 0


def _print_lines(rows: Iterable[dict[str, Any]]) -> int:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False), flush=True)
    return 0


def _channels(arguments: argparse.Namespace) -> int:
    _ready_database()
    from helpdesk.commands import channels

    if arguments.action == "add":
        print(channels.add_email(arguments))
    else:
        print(channels.listing())
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    _prepare(may_be_away=True)
    from helpdesk.commands.doctor import examine

    findings = examine()
    if arguments.json:
        _print_lines(each.as_json() for each in findings)
    else:
        print("\n".join(each.as_text() for each in findings))
    return 0 if all(each.is_ok for each in findings) else 1


def _import_macros(arguments: argparse.Namespace) -> int:
    _prepare()
    from helpdesk.commands.import_macros import import_file

    report = import_file(
        arguments.file, organization=arguments.organization, is_trial=arguments.is_trial
    )
    print(json.dumps(report.as_json()) if arguments.json else report.as_text())
    return 1 if report.count("refused") else 0


def _automation(arguments: argparse.Namespace) -> int:
    _prepare()
    from helpdesk.commands.automation import export_file, import_file

    if arguments.action == "export":
        export_file(arguments.file, organization=arguments.organization)
        return 0
    told = import_file(
        arguments.file, organization=arguments.organization, is_rehearsal=arguments.is_rehearsal
    )
    print(told)
    return 0


def _idle(arguments: argparse.Namespace) -> int:
    _prepare()
    from helpdesk.commands.idle import wait_until_idle, work_due

    if wait_until_idle(arguments.timeout):
        return 0
    print(f"aftercare: {work_due()} pieces of work are still due", file=sys.stderr)
    return 1


def _bench(arguments: argparse.Namespace) -> int:
    from helpdesk.commands.bench import run_benches

    return run_benches(arguments.names, as_json=arguments.json, tickets=arguments.tickets)


def _connectors(arguments: argparse.Namespace) -> int:
    del arguments
    _prepare(needs_database=False)
    from helpdesk.commands.connectors import listing

    print("\n".join(listing()))
    return 0


def _as_words(totals: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in totals.items())


if __name__ == "__main__":
    sys.exit(main())
