"""Finding orders by what people type: a number, an address, a parcel, a name.

Each way is a look-up of its own in an index, and the ways are joined: a shop with a million orders
answers as one with a hundred. Words of names are found from their beginning, in any script.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from integrations.commerce.normal_form import number_key

MAX_OF_A_WAY = 1000
"""What fits more orders than this says too little to be looked for: any of them may be shown."""
MIN_PHONE_DIGITS = 7
_WORD = re.compile(r"\w+")

Way = tuple[str, list[Any]]

_NUMBER = "SELECT id FROM commerce_order WHERE organization_id = %s AND number_key = %s"
_NUMBER_BEGINS = """
SELECT id FROM commerce_order WHERE organization_id = %s AND number_key LIKE %s"""
_PARCEL = """
SELECT f.order_id FROM commerce_fulfillment f JOIN commerce_order o ON o.id = f.order_id
WHERE upper(f.tracking_number) = upper(%s) AND f.tracking_number <> '' AND o.organization_id = %s"""
_EMAIL = """
SELECT id FROM commerce_order WHERE organization_id = %s AND email LIKE %s AND email <> ''"""
_PHONE = """
SELECT id FROM commerce_order
WHERE organization_id = %s AND reverse(phone) LIKE %s AND phone <> ''"""
_CONTACT = """
SELECT o.id FROM commerce_storecontact c JOIN commerce_order o ON o.customer_id = c.customer_id
WHERE c.organization_id = %s AND c.kind = %s AND c.value LIKE %s"""
_NAME = """
SELECT o.id FROM commerce_storecustomer b JOIN commerce_order o ON o.customer_id = b.id
WHERE to_tsvector('simple'::regconfig, COALESCE(b.name, '')) @@ to_tsquery('simple'::regconfig, %s) AND b.organization_id = %s"""


def look_up(organization_id: uuid.UUID, text: str) -> list[uuid.UUID]:
    """The orders that the whole text fits, in no order."""
    ways = _ways(organization_id, text)
    if not ways:
        return []
    sql, parameters = _joined(ways)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


def fits(organization_id: uuid.UUID, text: str) -> Q:
    """The same as a condition on orders."""
    ways = _ways(organization_id, text)
    if not ways:
        return Q(pk=None)
    sql, parameters = _joined(ways)
    inside = f'"commerce_order"."id" IN ({sql})'
    return Q(RawSQL(inside, parameters, output_field=BooleanField()))  # noqa: S611 (ours)


def _joined(ways: list[Way]) -> Way:
    parts = [f"({sql} LIMIT {MAX_OF_A_WAY})" for sql, _ in ways]
    return " UNION ".join(parts), [each for _, parameters in ways for each in parameters]


def _ways(organization_id: uuid.UUID, text: str) -> list[Way]:
    text = text.strip()
    if "@" in text:
        begins = f"{_escaped(text.lower())}%"
        return [
            (_EMAIL, [organization_id, begins]),
            (_CONTACT, [organization_id, "email", begins]),
        ]
    ways: list[Way] = []
    has_digits = any(each.isdigit() for each in text)
    if has_digits and not re.search(r"\s", text):
        ways += _numbers(organization_id, text)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= MIN_PHONE_DIGITS and re.fullmatch(r"[\d\s+()./-]+", text):
        ends = digits.lstrip("0")
        ways.append((_PHONE, [organization_id, f"{ends[::-1]}%"]))
        ways.append((_CONTACT, [organization_id, "phone", f"+{ends}%"]))
    words = _WORD.findall(text.lower())
    if words and not has_digits:
        asked = " & ".join(f"'{each}':*" for each in words[:8])
        ways.append((_NAME, [asked, organization_id]))
    return ways


def _numbers(organization_id: uuid.UUID, text: str) -> list[Way]:
    key = number_key(text)
    ways: list[Way] = [(_PARCEL, [text, organization_id])]
    if any(each.isdigit() for each in key):
        ways.append((_NUMBER, [organization_id, key]))
        ways.append((_NUMBER_BEGINS, [organization_id, f"{key}%"]))
    return ways


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
