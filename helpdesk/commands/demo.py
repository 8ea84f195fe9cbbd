"""``demo``: the shop Linden & Loom with everything running, in one process on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from helpdesk.commands.environment import migrate_if_needed
from helpdesk.commands.serve import serve


def run_demo(*, host: str, port: int, smtp_port: int) -> None:
    """Migrate, seed when empty, and serve until interrupted. Data stays in AFTERCARE_DATA."""
    migrate_if_needed()
    from integrations.demo_store.seed import DEMO_EMAIL, DEMO_PASSWORD, seed_demo

    from integrations.demo_store.shopper_mailbox import ShopperMailbox

    mailbox = ShopperMailbox(settings.DATA_DIR / "shopper-mail")
    mailbox.start()
    try:
        channel = seed_demo(smtp_url=mailbox.url)
        serve(
            host=host,
            port=port,
            greeting=_greeting(
                DEMO_EMAIL, DEMO_PASSWORD, channel.address, smtp_port, str(mailbox.folder)
            ),
        )
    finally:
        mailbox.stop()


def _greeting(
    email: str, password: str, address: str, smtp_port: int, folder: str
) -> Sequence[str]:
    return [
        f"  sign in    {email}  ·  {password}",
        f"  write to   {address} by SMTP on 127.0.0.1:{smtp_port} and watch it appear",
        f"  replies    arrive in {folder}",
        "  stop       Ctrl-C; everything is kept",
    ]
