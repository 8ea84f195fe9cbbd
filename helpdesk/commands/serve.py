"""``serve``: one process that does everything; ``worker`` and ``beat``: parts of it alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence

import structlog

TURN_SECONDS = 0.001

log = structlog.get_logger()


def serve(
    *, host: str, port: int, greeting: Sequence[str] = (), has_background: bool = True
) -> None:
    """Serve HTTP and sockets, and unless told otherwise also worker, beat, open lines.

    Prints the ready line when it answers; returns after SIGINT or SIGTERM.
    """
    from daphne.server import Server

    from helpdesk.asgi import application
    from helpdesk.background import Background, kick_subscribers_here

    if has_background:
        # Web and worker take turns in one interpreter: shorter ones, so that a request, which needs
        # a dozen, does not wait 5 ms for each while the worker reads what has piled up.
        sys.setswitchinterval(TURN_SECONDS)
    parts = Lines() if has_background else None
    background = Background() if has_background else None

    def ready() -> None:
        if has_background:
            _warm_up_aside()
        print(f"Aftercare is ready on http://{host}:{port}", *greeting, sep="\n", flush=True)

    server = Server(
        application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        ready_callable=ready,
        server_name="Aftercare",
        request_buffer_size=1024 * 1024,
        websocket_timeout=-1,
        proxy_forwarded_address_header="X-Forwarded-For" if _is_behind_proxy() else None,
        proxy_forwarded_port_header=None,
        proxy_forwarded_proto_header="X-Forwarded-Proto" if _is_behind_proxy() else None,
        verbosity=0,
    )
    try:
        if background and parts:
            background.start()
            parts.start()
        else:
            kick_subscribers_here()
        server.run()
    finally:
        if parts:
            parts.stop()
        if background:
            background.stop()


def _warm_up_aside() -> None:
    threading.Thread(target=_warm_up, name="aftercare-warm-up", daemon=True).start()


def _warm_up() -> None:
    """Load what understands messages, so that the first mail does not wait for it."""
    from automation.intents.understanding import understand
    from helpdesk.lib.memory import give_back

    understand("Where is my order?")
    give_back()


class Lines:
    """Lines held open to the world: watched mailboxes, Discord's gateway, the SMTP listener."""

    def start(self) -> None:
        from integrations.discord import gateway
        from integrations.email import watch
        from integrations.email.listener import start_listener

        watch.start_watchers()
        gateway.start_watchers()
        start_listener()

    def stop(self) -> None:
        from helpdesk.lib.workers import leave
        from integrations.discord import gateway
        from integrations.email import watch
        from integrations.email.listener import stop_listener

        stop_listener()
        gateway.stop_watchers()
        watch.stop_watchers()
        leave()


def run_worker(*, concurrency: int) -> None:
    """A worker process of its own: tasks from Redis, open lines. Ends on SIGTERM."""
    _need_redis("worker")
    from helpdesk.background import Background

    background, parts = Background(has_beat=False, threads=concurrency), Lines()
    try:
        background.start()
        parts.start()
        _warm_up_aside()
        print("The worker is ready.", flush=True)
        _wait_for_signal()
    finally:
        parts.stop()
        background.stop()


def run_beat() -> None:
    """A beat process of its own: rings the sweep. Several are harmless: rows are claimed once."""
    _need_redis("beat")
    from helpdesk.celery import app
    from helpdesk.parts import Presence

    Presence("beat").start()
    print("Beat is ready.", flush=True)
    app.Beat(loglevel="WARNING", quiet=True, schedule=os.devnull).run()


def _need_redis(part: str) -> None:
    from django.conf import settings

    from helpdesk.lib.errors import Misconfigured

    if not settings.REDIS_URL:
        raise Misconfigured(
            f"REDIS_URL is not set, and a {part} of its own needs it. On one machine use "
            "“aftercare serve”, which does everything in one process."
        )


def _wait_for_signal() -> None:
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    stopped.wait()


def _is_behind_proxy() -> bool:
    from django.conf import settings

    return hasattr(settings, "SECURE_PROXY_SSL_HEADER")
