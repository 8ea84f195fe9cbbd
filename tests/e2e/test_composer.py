"""Writing an answer: nothing typed is lost, nothing leaves twice, nothing leaves unfinished."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from helpdesk.lib.clock import now
from tests.e2e.shop import Shop, Shopper, text_of, wait_until


def test_a_draft_survives_a_killed_tab_and_reaches_another_browser(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 18: the words are there again with the caret at their end; in a note, too."""
    page = new_agent()
    ida, _ = _open_ticket(shop, page, "Ida Draft")
    written = "Dear Ida, " + "linen gets softer with every wash. " * 6
    _reply_field(page).fill(written)
    expect(page.get_by_text("Draft saved", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    _note_field(page).fill("Ida is nice.")
    expect(page.get_by_text("Draft saved", exact=True)).to_be_visible()
    address, context = page.url, page.context

    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(address)
    _expect_words(again, written)
    _write_at_once(_reply_field(again), "X")
    _expect_words(again, f"{written.strip()} X")
    again.keyboard.press("Escape")
    to_note = again.get_by_role("button", name="Note", exact=True)
    to_note.click()
    expect(_note_field(again)).to_have_text("Ida is nice.")
    to_note.focus()
    _write_at_once(_note_field(again), " Very.")
    expect(_note_field(again)).to_have_text("Ida is nice. Very.")

    elsewhere = new_agent()
    elsewhere.goto(address)
    expect(_reply_field(elsewhere)).to_contain_text("linen gets softer")
    assert ida.mails() == []


def test_pressing_send_twice_sends_one_message(shop: Shop, agent: Page):
    bob, ticket = _open_ticket(shop, agent, "Bob Twice")
    _reply_field(agent).fill("It is on its way to you.")

    agent.keyboard.press("Control+Enter")
    agent.keyboard.press("Control+Enter")

    expect(_delivery(agent, "Sent")).to_be_visible()
    assert len(wait_until(bob.mails, "the answer")) == 1
    assert _kinds(shop, ticket) == ["customer", "reply"]


def test_a_tab_closed_within_the_time_for_undo_sends_once(
    shop: Shop, new_agent: Callable[..., Page]
):
    """UX 14: the server holds the message, not the page."""
    page = new_agent()
    cora, ticket = _open_ticket(shop, page, "Cora Closed")
    _reply_field(page).fill("I close my laptop now.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"Sending in \d s"))).to_be_visible()
    page.close(run_before_unload=False)

    assert len(wait_until(cora.mails, "the answer")) == 1
    shop.server.run("idle", "--timeout", "60")
    assert len(cora.mails()) == 1
    assert _kinds(shop, ticket) == ["customer", "reply"]


def test_undo_takes_the_message_back_with_everything_in_it(shop: Shop, agent: Page):
    uma, ticket = _open_ticket(shop, agent, "Uma Undo")
    _reply_field(agent).fill("Sent a little too early")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_text(re.compile(r"Sending in \d s"))).to_be_visible()

    _reply_field(agent).blur()
    agent.keyboard.press("z")

    _expect_words(agent, "Sent a little too early")
    shop.server.run("idle", "--timeout", "60")
    assert uma.mails() == []
    assert [each["delivery_state"] for each in shop.messages_of(ticket["id"])] in (
        [None], [None, "withdrawn"],
    )  # fmt: skip


def test_an_answer_is_held_back_when_the_customer_wrote_meanwhile(shop: Shop, agent: Page):
    eva, ticket = _open_ticket(shop, agent, "Eva Conflict")
    _reply_field(agent).fill("Yes, we can change the colour.")
    _hold_next_answer_until_customer_writes(shop, agent, eva, ticket)

    agent.keyboard.press("Control+Enter")

    asked = agent.get_by_role("alertdialog", name="New activity since you started")
    expect(asked).to_contain_text("No colour change after all")
    assert eva.mails() == []
    asked.get_by_role("button", name="Keep editing").click()
    _expect_words(agent, "Yes, we can change the colour.")
    expect(agent.get_by_role("feed")).to_contain_text("No colour change after all")
    _reply_field(agent).focus()
    agent.keyboard.press("Control+Enter")
    expect(_delivery(agent, "Sent")).to_be_visible()
    assert len(wait_until(eva.mails, "the answer")) == 1


def test_a_note_is_never_mailed(shop: Shop, agent: Page):
    nia, ticket = _open_ticket(shop, agent, "Nia Note")
    agent.keyboard.press("n")
    field = agent.get_by_placeholder("Only your team sees this")
    expect(field).to_be_focused()
    field.fill("She is a friend of the founder.")
    agent.keyboard.press("Control+Enter")

    expect(agent.get_by_role("article", name=re.compile("^Internal note,"))).to_contain_text(
        "friend of the founder"
    )
    shop.server.run("idle", "--timeout", "60")
    assert nia.mails() == []
    assert _kinds(shop, ticket) == ["customer", "note"]


def test_a_macro_with_a_missing_value_cannot_be_sent(shop: Shop, agent: Page):
    mo = shop.shopper("Mo Missing")
    shop.order(mo, "7701", cancelled_at=now())
    _, ticket = _open_ticket(shop, agent, mo)
    expect(_reply_field(agent)).to_be_visible()
    agent.keyboard.press("r")
    expect(_reply_field(agent)).to_be_focused()
    agent.keyboard.type("/")
    agent.get_by_role("combobox", name="Search macros").fill("done and refunded")
    dialog = agent.get_by_role("dialog")
    expect(dialog).to_contain_text("is empty.")
    agent.keyboard.press("Enter")

    fix = agent.get_by_role("dialog")
    expect(fix.get_by_role("textbox")).to_be_focused()
    expect(agent.get_by_role("alert").filter(has_text="to send")).to_be_visible()
    agent.keyboard.press("Escape")
    agent.keyboard.press("Control+Enter")
    expect(fix.get_by_role("textbox")).to_be_focused()
    assert _kinds(shop, ticket) == ["customer"]

    agent.keyboard.type("€148.00")
    agent.keyboard.press("Enter")
    agent.keyboard.press("Control+Enter")
    answer = wait_until(mo.mails, "the answer")[0]
    text = text_of(answer)
    assert "€148.00 are on their way" in text
    assert not re.search(r"⟦|\{\{|null|undefined", text)


def test_a_session_that_ended_asks_to_sign_in_and_keeps_the_words(
    shop: Shop, new_agent: Callable[..., Page]
):
    from tests.e2e import shop as the_shop
    from tests.e2e.conftest import sign_in

    page = new_agent(storage_state=None)
    sign_in(page)
    sam, _ = _open_ticket(shop, page, "Sam Session")
    _reply_field(page).fill("Half a sentence")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your session ended")
    dialog.get_by_label("Email").fill(the_shop.ADMIN_EMAIL)
    dialog.get_by_label("Password", exact=True).fill(the_shop.PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)

    expect(page.get_by_role("feed")).to_contain_text("Half a sentence")
    assert len(wait_until(sam.mails, "the answer")) == 1


def _hold_next_answer_until_customer_writes(
    shop: Shop, page: Page, shopper: Shopper, ticket: dict[str, Any]
) -> None:
    """Let the customer's mail come in between pressing Send and the server hearing of it."""

    def hold(route: Any) -> None:
        shop.arrive(shopper, ticket["subject"], "No colour change after all, thank you.",
                    answer_to=_first_mail(shop, shopper))  # fmt: skip
        wait_until(lambda: len(shop.messages_of(ticket["id"])) == 2, "the second mail")
        route.continue_()

    page.route("**/api/v1/tickets/*/messages", hold, times=1)


def _first_mail(shop: Shop, shopper: Shopper) -> Any:
    from email import message_from_bytes, policy

    mails = (message_from_bytes(raw, policy=policy.default) for raw in shop.mailbox.messages())
    return next(mail for mail in mails if shopper.address in str(mail["From"]))


def _open_ticket(shop: Shop, page: Page, who: str | Shopper) -> tuple[Shopper, dict[str, Any]]:
    """Let somebody write, and open their ticket on the page."""
    shopper = shop.shopper(who) if isinstance(who, str) else who
    shop.arrive(shopper, f"From {shopper.name}", "Hello, a question about your linen.")
    ticket = shop.ticket_of(shopper)
    page.goto(f"/inbox/all/{ticket['id']}")
    expect(page.get_by_role("article").first).to_contain_text("a question about your linen")
    return shopper, ticket


def _note_field(page: Page) -> Locator:
    return page.locator(".ProseMirror[placeholder='Only your team sees this']")


def _reply_field(page: Page) -> Locator:
    """The editor, once it is there: until then a plain field stands in its place."""
    field = page.locator(".ProseMirror[placeholder^='Write a reply']")
    expect(field).to_be_visible()
    return field


def _write_at_once(field: Locator, words: str) -> None:
    """Put the focus on the field and write in the same moment."""
    field.evaluate(
        """(field, words) => {
          field.focus();
          return Promise.resolve().then(() => document.execCommand('insertText', false, words));
        }""",
        words,
    )


def _expect_words(page: Page, words: str) -> None:
    expect(_reply_field(page)).to_have_text(words.strip())


def _delivery(page: Page, text: str) -> Locator:
    return page.get_by_role("feed").get_by_text(re.compile(rf"^\s*{text}"))


def _kinds(shop: Shop, ticket: dict[str, Any]) -> list[str]:
    return [each["kind"] for each in shop.messages_of(ticket["id"])]
