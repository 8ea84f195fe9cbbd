"""Another shipping address."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Quote,
    StepDone,
    Warned,
)
from integrations.commerce.normal_form import AddressData
from integrations.shopify.acting.base import Desk, already_done, check_errors, finished, quoted
from integrations.shopify.client import Node
from integrations.shopify.reading import address_of, is_shipped

UPDATE = """mutation UpdateOrder($input: OrderInput!) {
  orderUpdate(input: $input) { order { id updatedAt } userErrors { field message } }
}"""
NEEDED = ("name", "street", "city", "country_code")


class EditAddress:
    """Until something was sent. To say the same address twice is the same as once."""

    def quote(self, desk: Desk, params: dict[str, Any]) -> Quote:
        if desk.node.get("cancelledAt"):
            raise ActionRefused("This order is cancelled.", reason_code="already_cancelled")
        if is_shipped(desk.node):
            raise ActionRefused(
                "The parcel is on its way to the old address.", reason_code="already_shipped"
            )
        address = wanted_address(desk.order.shipping_address, params.get("address"))
        told = ", ".join(filter(None, [address.name, address.street, address.city]))
        return quoted(
            ActionKind.EDIT_ADDRESS, desk, {"address": asdict(address)},
            [Effect("address", detail=told)],
            is_final=False,
            warnings=[Warned("address_unchecked"), Warned("customer_not_told")],
            context={"input": mailing_address(address, desk.node.get("shippingAddress") or {})},
        )  # fmt: skip

    def act(self, desk: Desk, intent: Intent, before_step: BeforeStep) -> tuple[StepDone, ...]:
        done = already_done(intent, "address")
        if done:
            return done
        if is_shipped(desk.node):
            raise ActionRefused("The parcel has left meanwhile.", reason_code="already_shipped")
        before_step("address")
        payload = desk.client.act(
            UPDATE, input={"id": desk.id, "shippingAddress": intent.context["input"]}
        )["orderUpdate"]
        check_errors(payload)
        return finished(intent, "address", desk.number)

    def look_up(self, desk: Desk, intent: Intent) -> tuple[StepDone, ...] | None:
        is_there = asdict(address_of(desk.node.get("shippingAddress"))) == intent.params["address"]
        if is_there:
            return finished(intent, "address", desk.number)
        return (StepDone("address", "failed", reason="It was not changed.", can_retry=True),)


def wanted_address(current: AddressData, given: Any) -> AddressData:
    """The current address with what was given; raises InvalidInput naming what is missing."""
    known = {each.name for each in fields(AddressData)}
    if given is not None and not isinstance(given, dict):
        raise InvalidInput.field("params.address", "An address is an object.")
    unknown = sorted(set(given or {}) - known)
    if unknown:
        raise InvalidInput.field(f"params.address.{unknown[0]}", "An address has no such field.")
    told = {name: str(value or "").strip() for name, value in (given or {}).items()}
    address = AddressData(**{**asdict(current), **told})
    for name in NEEDED:
        if not getattr(address, name):
            raise InvalidInput.field(f"params.address.{name}", "This part is needed.")
    return address


def mailing_address(address: AddressData, current: Node) -> Node:
    """The address as Shopify wants it. What did not change stays split as the customer typed it."""
    was = address_of(current)
    if address.name == was.name:
        names = (current.get("firstName") or "", current.get("lastName") or "")
    else:
        first, _, last = address.name.rpartition(" ")
        names = (first, last)
    if address.street == was.street and current:
        streets = (current.get("address1") or "", current.get("address2") or "")
    else:
        first_line, _, rest = address.street.partition("\n")
        streets = (first_line.strip(), rest.replace("\n", ", ").strip())
    return {
        "firstName": names[0], "lastName": names[1], "company": address.company,
        "address1": streets[0], "address2": streets[1], "zip": address.postcode,
        "city": address.city, "countryCode": address.country_code.upper(), "phone": address.phone,
        **_region(address, current),
    }  # fmt: skip


def _region(address: AddressData, current: Node) -> Node:
    """Shopify takes the code of a region (CA, ON, NSW), not its name."""
    region = address.region
    if region and region == current.get("province") and current.get("provinceCode"):
        region = str(current["provinceCode"])
    if not region:
        return {}
    if (len(region) > 3 and " " in region) or len(region) > 5:
        raise InvalidInput.field(
            "params.address.region", "Write the code of the region, like CA or NSW."
        )
    return {"provinceCode": region.upper()}
