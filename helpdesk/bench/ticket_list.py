"""How fast lists, view counts and searches answer over HTTP, with many tickets.

``aftercare bench ticket_list --tickets 1000000``; 10,000 without being told. Each figure is over
different questions in turn, so that none of them is measured only with everything at hand.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import quote

from helpdesk.commands.environment import migrate_if_needed, prepare

SIZES = {10_000: "10k", 100_000: "100k", 1_000_000: "1m"}
ROUNDS = 30
DEEP_PAGES = 199
LISTS = (
    "view=all&limit=50",
    "view=unassigned&limit=50",
    "view=wismo&limit=50",
    "view=closed&limit=50",
    "view=all&limit=50&sort=newest",
    "limit=50",
)


def searches() -> tuple[str, ...]:
    """From the word that every message holds to one that a single message holds."""
    from helpdesk.bench.big_shop import EVERY, FIFTH, OLD, RARE, THIRTIETH

    return (
        EVERY,
        FIFTH,
        THIRTIETH,
        RARE,
        OLD,
        "unique4321",
        f"{EVERY} {RARE}",
        f"{FIFTH} {THIRTIETH}",
        f"is:open {EVERY}",
        f"tag:vip {FIFTH}",
        "取消我的订单",
        "objednav",
        "заказ",
    )


def main() -> None:
    """Print the figures of one size; AFTERCARE_BENCH_TICKETS says which."""
    prepare()
    migrate_if_needed()
    from helpdesk.bench.big_shop import make_big_shop
    from helpdesk.bench.figure import Figure, compared, percentile
    from helpdesk.bench.server import Client, served

    count = int(os.environ.get("AFTERCARE_BENCH_TICKETS") or min(SIZES))
    size = SIZES.get(count, str(count))
    token = os.environ.get("AFTERCARE_BENCH_TOKEN") or make_big_shop(count)
    with served("web") as (port, _):
        client = Client(port, token)
        lists = [f"/api/v1/tickets?{each}" for each in LISTS]
        asked = [f"/api/v1/search?limit=25&q={quote(each)}" for each in searches()]
        first_path = lists[0]
        deep_path = f"{first_path}&after={_cursor_of_page(client, first_path)}"
        _measured(client, [*lists, *asked, deep_path], rounds=2)
        alive = _measured(client, ["/healthz"], rounds=ROUNDS)["/healthz"]
        listed = _measured(client, lists, rounds=ROUNDS)
        deep = _measured(client, [first_path, deep_path], rounds=ROUNDS)
        counts = _measured(client, ["/api/v1/views/counts"], rounds=ROUNDS)
        found = _measured(client, asked, rounds=max(5, ROUNDS // 3))
    base = percentile(alive, 0.95)

    def tell(name: str, values: Sequence[float]) -> None:
        compared(f"{name}_{size}", percentile(list(values), 0.95), "ms", base).print()

    for measured in (listed, counts, found):
        for path, values in measured.items():
            slow = percentile(values, 0.95)
            print(f"{slow:8.1f} ms  {path}", file=sys.stderr)  # noqa: T201 (which one is slow)
    tell("list_p95_ms", [each for values in listed.values() for each in values])
    tell("counts_p95_ms", counts["/api/v1/views/counts"])
    tell("search_p95_ms", [each for values in found.values() for each in values])
    middle, middle_deep = percentile(deep[first_path], 0.5), percentile(deep[deep_path], 0.5)
    ratio = round(middle_deep / middle, 3)
    Figure(f"list_deep_vs_first_{size}", ratio, "ratio", round(middle, 2), ratio).print()
    Figure("load_average", round(os.getloadavg()[0], 1), "processes").print()


def _measured(client, paths: list[str], *, rounds: int) -> dict[str, list[float]]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Milliseconds by path, the paths asked in turn."""
    found: dict[str, list[float]] = {path: [] for path in paths}
    for _ in range(rounds):
        for path in paths:
            found[path].append(client.get(path)[0])
    return found


def _cursor_of_page(client, path: str) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """The cursor behind page 199: what page 200 is asked with."""
    cursor = ""
    for _ in range(DEEP_PAGES):
        page = json.loads(client.get(f"{path}&after={cursor}" if cursor else path)[1])
        if not page["next"]:
            break
        cursor = page["next"]
    return cursor


if __name__ == "__main__":
    main()
