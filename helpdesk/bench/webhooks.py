"""How long a vendor waits for our answer: signed calls at a steady pace against a real server.

Calls leave on time whether or not the one before was answered, and each is measured from the
moment it was to leave: a server that stalls is not spared. Meanwhile the worker files what came.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from helpdesk.bench.server import served
from helpdesk.commands.environment import migrate_if_needed, prepare
from helpdesk.lib.signatures import standard_webhook_headers

CALLS_PER_SECOND = 50
SECONDS = 20
LANES = 24
LIMIT_MS = 300
PATIENCE_SECONDS = 240


def main() -> None:
    """Print ``webhook_p50_ms``, ``webhook_p99_ms`` and ``webhook_lost_or_doubled``."""
    prepare()
    migrate_if_needed()
    from helpdesk.bench.figure import Figure, percentile
    from helpdesk.commands.people import first_organization
    from helpdesk.lib.filling_in import Filled
    from helpdesk.lib.secrets import decrypt
    from inbox.set_up import add_channel

    organization = first_organization("Linden & Loom", "bench")
    channel = add_channel(organization, kind="api", name="API", filled=Filled())
    secret = decrypt(channel.secrets)["signing_secret"]
    with served() as (port, _):
        place = f"/hooks/api/{channel.hook_token}"
        lane = threading.local()
        _call(lane, port, place, secret, 0)
        began = time.perf_counter() + 0.5

        def call_on_time(number: int) -> float:
            due = began + number / CALLS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            _call(lane, port, place, secret, number)
            return (time.perf_counter() - due) * 1000

        with ThreadPoolExecutor(LANES) as pool:
            waited = list(pool.map(call_on_time, range(1, CALLS_PER_SECOND * SECONDS + 1)))
        wrong = _lost_or_doubled(len(waited) + 1)
    Figure("webhook_p50_ms", round(percentile(waited, 0.5), 1), "ms").print()
    p99 = percentile(waited, 0.99)
    Figure("webhook_p99_ms", round(p99, 1), "ms", LIMIT_MS, round(p99 / LIMIT_MS, 3)).print()
    Figure("webhook_lost_or_doubled", wrong, "messages").print()


def _call(lane: threading.local, port: int, place: str, secret: str, number: int) -> None:
    """One signed call; raises RuntimeError unless it is answered with 2xx."""
    if not hasattr(lane, "connection"):
        lane.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps(
        {
            "type": "message",
            "id": f"m{number}",
            "conversation": f"c{number % 200}",
            "text": f"message {number}",
            "from": {"id": f"u{number % 200}", "name": "Mia"},
        }
    ).encode()
    headers = standard_webhook_headers(secret, f"msg_{number}", body)
    lane.connection.request("POST", place, body, {**headers, "Content-Type": "application/json"})
    answer = lane.connection.getresponse()
    answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"webhook answered {answer.status}")


def _lost_or_doubled(expected: int) -> int:
    """Wait until the worker has filed what came; how many messages are missing or too many."""
    from tickets.models import Message

    deadline = time.monotonic() + PATIENCE_SECONDS
    count = 0
    while count < expected and time.monotonic() < deadline:
        time.sleep(0.5)
        count = Message.objects.count()
    return abs(expected - count)


if __name__ == "__main__":
    main()
