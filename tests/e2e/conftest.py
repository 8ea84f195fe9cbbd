"""One real server for all browser tests, and browsers that are signed in to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.postgresql.base import DatabaseWrapper
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from pytest_django.plugin import DjangoDbBlocker

from tests.conftest import enterable_folder
from tests.e2e import shop as the_shop
from tests.e2e.server import AftercareServer, drop_database
from tests.e2e.shop import Shop
from tests.services.dovecot import Dovecot
from tests.services.smtp_sink import SmtpSink

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
expect.set_options(timeout=20_000)

SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives Chromium, and some of it for long on a busy machine."""
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of this machine; without a sandbox of its own, as root needs it."""
    program = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    if not Path(program).exists():
        pytest.skip(f"no Chromium at {program}: apt-get install chromium")
    return {**browser_type_launch_args, "executable_path": program, "args": SWITCHES}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AftercareServer]:
    """`aftercare serve` on a private port with a database of its own."""
    build = Path(__file__).resolve().parents[2] / "frontend" / "inbox" / "build" / "index.html"
    if not build.exists():
        pytest.fail(
            "the front end is not built: make setup-dev, or npm --prefix frontend run build"
        )
    server_url = os.environ["DATABASE_URL"]
    made = AftercareServer(tmp_path_factory.mktemp("serve"), server_url)
    made.run("create-admin", "--email", the_shop.ADMIN_EMAIL, "--name", the_shop.ADMIN_NAME,
             "--password", the_shop.PASSWORD)  # fmt: skip
    yield made
    made.stop()
    drop_database(server_url, made.database_url)


@pytest.fixture(scope="session")
def own_database(server: AftercareServer, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets this process write to the server's database, for orders that a store would tell."""
    from django.db import connections

    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = server.database_url.rpartition("/")[2].partition("?")[0]
        yield
        connection.close()
        assert isinstance(connection, DatabaseWrapper)
        connection.close_pool()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def shop(
    server: AftercareServer,
    own_database: None,
    playwright: Playwright,
) -> Iterator[Shop]:
    """Ana's shop: a mailbox on Dovecot, outgoing mail that reaches its customers, and a store."""
    with enterable_folder() as folder:
        yield from _shop_in(folder, server, playwright)


def _shop_in(folder: Path, server: AftercareServer, playwright: Playwright) -> Iterator[Shop]:
    dovecot, sink = Dovecot(folder).start(), SmtpSink().start()
    token = server.run("create-token", "--email", the_shop.ADMIN_EMAIL)
    api = playwright.request.new_context(
        base_url=server.url, extra_http_headers={"Authorization": f"Bearer {token}"}
    )
    made = Shop(server, dovecot, sink, api)
    server.run(
        "channels", "add", "email", "--name", "Help", "--address", the_shop.ADDRESS,
        "--imap", made.mailbox.imap_url, "--smtp", sink.url,
        "--authserv-id", the_shop.AUTHSERV_ID,
    )  # fmt: skip
    _furnish(made)
    server.start()
    yield made
    server.stop()
    api.dispose()
    sink.stop()
    dovecot.close()


def _furnish(shop: Shop) -> None:
    from helpdesk.accounts.models import Organization
    from integrations.commerce.actions import create_store
    from integrations.email.channels import add_email_channel

    organization = Organization.objects.get()
    organization.name = "Linden & Loom"
    organization.undo_send_seconds = 4
    organization.csat_delay_seconds = 1
    organization.save()
    shop.store = create_store(organization, kind="demo_store", slug="shop", name="Linden & Loom")
    add_email_channel(
        organization, name="By SMTP", address=the_shop.LISTENED_ADDRESS, smtp_url=shop.sink.url,
        config={"listen": True},
    )  # fmt: skip


@pytest.fixture(scope="session")
def signed_in(shop: Shop, browser: Browser) -> dict[str, Any]:
    """The cookies of Ana, who has signed in on the page."""
    context = browser.new_context(base_url=shop.server.url)
    page = context.new_page()
    sign_in(page)
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def new_agent(
    shop: Shop, browser: Browser, signed_in: dict[str, Any]
) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own in which Ana is signed in; options as of a context."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        wanted = {
            "viewport": {"width": 1440, "height": 900},
            "storage_state": signed_in,
            # Requests that pass a service worker escape ``page.route``.
            "service_workers": "block",
            **options,
        }
        context = browser.new_context(base_url=shop.server.url, **wanted)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def agent(new_agent: Callable[..., Page]) -> Page:
    """Ana's browser, signed in, at no page yet."""
    return new_agent()


def sign_in(page: Page, *, email: str = the_shop.ADMIN_EMAIL) -> None:
    """Sign in on the sign-in page and wait for the inbox."""
    page.goto("/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(the_shop.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox/**")


def join(shop: Shop, browser: Browser, email: str, name: str) -> dict[str, Any]:
    """Somebody new in the team, by an invitation of Ana: their id and their browser's cookies."""
    status, made = shop.call("POST", "/invitations", {"email": email})
    assert status == 201, made
    context = browser.new_context(base_url=shop.server.url)
    page = context.new_page()
    page.goto(made["link"].removeprefix(shop.server.url))
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Choose a password").fill(the_shop.PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url("**/inbox/**")
    state = context.storage_state()
    context.close()
    (person,) = [each for each in shop.get("/bootstrap")["users"] if each["name"] == name]
    return {"id": person["id"], "state": state}
