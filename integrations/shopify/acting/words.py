"""The note and the tags of an order: what only sets something may be said twice."""

from __future__ import annotations

from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import ActionKind, BeforeStep, Effect, Intent, Quote, StepDone
from integrations.shopify.acting.address import UPDATE
from integrations.shopify.acting.base import Desk, already_done, check_errors, finished, quoted

TAGS = """mutation Tags($id: ID!, $add: [String!]!, $remove: [String!]!, $adds: Boolean!, $removes: Boolean!) {
  tagsAdd(id: $id, tags: $add) @include(if: $adds) { userErrors { field message } }
  tagsRemove(id: $id, tags: $remove) @include(if: $removes) { userErrors { field message } }
}"""
MAX_NOTE = 5000
MAX_TAG = 40
MAX_TAGS = 250


class Note:
    """Replaces the note that the shop's people see."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        text = str(params.get("text") or desk.order.note or "")
        if "text" in params:
            text = str(params["text"] or "")
        if len(text) > MAX_NOTE:
            raise InvalidInput.field("params.text", f"A note has at most {MAX_NOTE} characters.")
        return quoted(
            ActionKind.NOTE, desk, {"text": text}, [Effect("note", detail=text[:200])],
            is_final=False,
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "note")
        if done:
            return done
        before_step("note")
        payload = desk.client.act(UPDATE, input={"id": desk.id, "note": intent.params["text"]})
        check_errors(payload["orderUpdate"])
        return finished(intent, "note", desk.number)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        if str(desk.node.get("note") or "") == intent.params["text"]:
            return finished(intent, "note", desk.number)
        return (StepDone("note", "failed", reason="It was not changed.", can_retry=True),)


class Tags:
    """Adds and takes away; tags that others set meanwhile stay."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        wanted = {name: _tags(params, name) for name in ("add", "remove")}
        if len(set(desk.order.tags) | set(wanted["add"])) > MAX_TAGS:
            raise InvalidInput.field("params.add", f"An order has at most {MAX_TAGS} tags.")
        told = [f"+{each}" for each in wanted["add"]] + [f"−{each}" for each in wanted["remove"]]
        return quoted(
            ActionKind.TAGS, desk, wanted, [Effect("tags", detail=" ".join(told))], is_final=False
        )

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "tags")
        if done:
            return done
        add, remove = intent.params["add"], intent.params["remove"]
        if add or remove:
            before_step("tags")
            data = desk.client.act(
                TAGS, id=desk.id, add=add, remove=remove, adds=bool(add), removes=bool(remove)
            )
            for payload in data.values():
                check_errors(payload or {})
        return finished(intent, "tags", desk.number)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        has = {each.lower() for each in desk.order.tags}
        added = all(each.lower() in has for each in intent.params["add"])
        removed = not any(each.lower() in has for each in intent.params["remove"])
        if added and removed:
            return finished(intent, "tags", desk.number)
        return (StepDone("tags", "failed", reason="They were not changed.", can_retry=True),)


def _tags(params: dict[str, Any], name: str) -> list[str]:
    given = params.get(name) or []
    if not isinstance(given, list):
        raise InvalidInput.field(f"params.{name}", "Tags are a list.")
    found = [str(each).strip() for each in given]
    if any(not each or len(each) > MAX_TAG or "," in each for each in found):
        raise InvalidInput.field(
            f"params.{name}", f"A tag has 1 to {MAX_TAG} characters and no comma."
        )
    return list(dict.fromkeys(found))
