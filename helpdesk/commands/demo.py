"""``demo``: the shop Linden & Loom with everything running, in one process on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from helpdesk.accounts.models import Organization
from helpdesk.commands.environment import migrate_if_needed
from helpdesk.commands.people import add_defaults
from helpdesk.commands.serve import serve
from tickets.models import Channel


def run_demo(*, host: str, port: int, smtp_port: int) -> None:
    """Migrate, seed when empty, and serve until interrupted. Data stays in AFTERCARE_DATA."""
    migrate_if_needed()
    from integrations.chat.demo import open_demo_site
    from integrations.demo_store.seed import seed_demo
    from integrations.demo_store.seed_macros import seed_macro_uses
    from integrations.demo_store.shopper_mailbox import ShopperMailbox

    mailbox = ShopperMailbox(settings.DATA_DIR / "shopper-mail")
    mailbox.start()
    try:
        demo = seed_demo()
        add_defaults(demo.organization)
        if demo.is_new:
            seed_macro_uses(demo.organization)
        channel = _open_channel(demo.organization, mailbox.url)
        open_demo_site(demo.organization)
        _end_connections()
        serve(
            host=host,
            port=port,
            greeting=_greeting(
                f"http://{host}:{port}/demo-shop/",
                demo.email,
                demo.password,
                channel.address,
                smtp_port,
                str(mailbox.folder),
            ),
        )
    finally:
        mailbox.stop()


def _end_connections() -> None:
    """What seeding has made PostgreSQL keep for its connection (20 MB) serves nobody else."""
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()


def _open_channel(organization: Organization, smtp_url: str) -> Channel:
    """Let the demo's mail channel listen on this machine and send to the shoppers' mailbox.

    Only this machine can reach the listener, so who writes there counts as who they say they are.
    """
    channel = Channel.objects.filter(organization=organization, kind="email").order_by("pk")[0]
    channel.config = {
        **channel.config,
        "smtp": smtp_url,
        "listen": True,
        "trusts_submitted_mail": True,
        "reply_by_plus_address": True,
    }
    channel.save(update_fields=["config"])
    return channel


def _greeting(
    shop_url: str, email: str, password: str, address: str, smtp_port: int, folder: str
) -> Sequence[str]:
    return [
        f"  sign in    {email}  ·  {password}",
        f"  write to   {address} by SMTP on 127.0.0.1:{smtp_port} and watch it appear",
        f"  chat       from the demo shop: {shop_url}",
        f"  replies    arrive in {folder}",
        "  stop       Ctrl-C; everything is kept",
    ]
