"""What a text says about an order, and whether that is so: no answer says shipped of a cancelled one.

A macro may name its claims itself; else they are read from the filled text, sentence by sentence,
in nine languages. Questions, conditions and negations claim nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from integrations.commerce.models import FulfillmentStatus, Order, ShipmentStatus
from integrations.commerce.state import OrderState, state_of

CLAIMS: dict[str, str] = {
    "shipped": "It has left",
    "not_shipped": "It has not left yet",
    "delivered": "It is delivered",
    "cancelled": "It is cancelled",
    "refunded": "Money went back",
}

_MOVING = frozenset(
    {ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.READY_FOR_PICKUP}
)
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]?")
_NOT_SAID = re.compile(
    r"\?|？|\b(?:if|once|when|unless|until|as soon as|will|would|could|not|n't|cannot|can't|never|"
    r"wenn|falls|sobald|sofern|wird|werden|würde|nicht|kein\w*|"
    r"si|dès que|lorsque|quand|sera|seront|pas|ne|aucun\w*|"
    r"cuando|en cuanto|será|serán|no|jeśli|jeżeli|gdy|kiedy|zostanie|będzie|nie|"
    r"pokud|jakmile|až|když|bude|budou|není|ne\w+n[aáoý]|"
    r"если|когда|как только|будет|будут|не|ещё не)\b|n['’]t\b|"
    r"如果|一旦|是否|尚未|还没|没有|未能|将会|หาก|ถ้า|เมื่อ|ยังไม่|ไม่ได้|จะ",
    re.IGNORECASE,
)
_SAID: dict[str, re.Pattern[str]] = {
    claim: re.compile(pattern, re.IGNORECASE)
    for claim, pattern in {
        "shipped": r"\b(?:has|have|was|were|been|is) (?:already |just )?(?:been )?(?:shipped|dispatched|sent out)\b|"
        r"\bhas left (?:us|our warehouse)\b|\b(?:is|are) (?:already )?on (?:its|their|the) way (?:to you|already)\b|"
        r"\bis in transit\b|\b(?:wurde|ist|wurden|sind)\b[^.]{0,40}\b(?:versandt|versendet|verschickt|unterwegs)\b|"
        r"\b(?:a été|est) (?:expédiée?|envoyée?|partie|en route)\b|\best partie de chez nous\b|"
        r"\b(?:ha sido|fue|ha) (?:enviad[oa]|salido|despachad[oa])\b|\bya ha salido\b|\bestá en camino\b|"
        r"\b(?:zostało|została|jest już) (?:wysłane|wysłana|nadane|nadana|w drodze)\b|\bjest już w drodze\b|"
        r"\b(?:byla|bylo|už je|je už) (?:odeslána|odesláno|na cestě|expedována)\b|"
        r"\b(?:отправлен[ао]?|уже в пути|передан[ао]? в доставку)\b|已经?发[货出]|已发出|จัดส่งแล้ว|ถูกจัดส่ง",
        "not_shipped": r"\bis (?:still )?being (?:prepared|packed)\b|\bwird gerade (?:vorbereitet|gepackt)\b|"
        r"\best en (?:cours de )?préparation\b|\b(?:se está preparando|está en preparación)\b|"
        r"\bjest (?:właśnie )?(?:przygotowywane|w trakcie przygotowania)\b|\bse (?:právě )?připravuje\b|"
        r"\b(?:собирается|готовится к отправке)\b|正在(?:准备|备货|打包)|กำลังเตรียม",
        "delivered": r"\b(?:has|have|was|were|been) (?:already )?(?:been )?delivered\b|\bas delivered on\b|"
        r"\b(?:wurde|am)\b[^.]{0,60}\bzugestellt\b|\ba été livrée?\b|\bse entregó\b|\bha sido entregad[oa]\b|"
        r"\b(?:została|zostało) (?:doręczona|doręczone|dostarczona|dostarczone)\b|\bbyla doručena\b|\bbylo doručeno\b|"
        r"\bдоставлен[ао]?\b|已(?:于[^。]{0,30})?(?:送达|签收)|จัดส่งถึงแล้ว",
        "cancelled": r"\b(?:is|was|has been|have been) (?:now )?cancell?ed\b|\bi(?: have|'ve|’ve)? cancell?ed\b|"
        r"\b(?:ist|wurde|haben?)\b[^.]{0,50}\bstorniert\b|\b(?:est|a été) annulée?\b|\b(?:está|ha sido|fue) cancelad[oa]\b|"
        r"\b(?:zostało|jest) anulowane\b|\b(?:je|byla) (?:zrušena|stornována)\b|\bотмен[её]н[ао]?\b|"
        r"已(?:经)?取消|ยกเลิก(?:เรียบร้อย)?แล้ว",
        "refunded": r"\b(?:has|have|was|were|been|is|are) (?:already )?(?:been )?refunded\b|\brefund of [^.]{1,40} has left\b|"
        r"\b(?:wurde|haben|ist)\b[^.]{0,50}\b(?:erstattet|rückerstattet)\b|\b(?:a été|est) remboursée?\b|"
        r"\b(?:ha sido|fue) reembolsad[oa]\b|\b(?:została|zostało) zwrócon[ae]\b|\bbyla vrácena\b|"
        r"\bденьги возвращены\b|已(?:经)?退款|คืนเงิน(?:ให้)?แล้ว",
    }.items()
}


@dataclass(frozen=True)
class Broken:
    """A claim that does not hold, and what the order says instead."""

    claim: str
    message: str


def claims_in(text: str) -> list[str]:
    """What the text says about the order, in words of CLAIMS."""
    found: list[str] = []
    for sentence in _SENTENCE.findall(text[:50_000]):
        if len(sentence) > 600 or _NOT_SAID.search(sentence):
            continue
        found += [claim for claim, said in _SAID.items() if said.search(sentence)]
    return list(dict.fromkeys(found))


def broken_claims(claims: list[str], order: Order, at: datetime) -> list[Broken]:
    """Those that are not so, each with what is; needs an order with its parts."""
    parcels = list(order.fulfillments.all())
    is_cancelled = order.cancelled_at is not None
    has_left = bool(parcels) or order.fulfillment_status != FulfillmentStatus.UNFULFILLED
    holds = {
        "shipped": has_left and not is_cancelled,
        "not_shipped": not has_left and not is_cancelled,
        "delivered": any(each.delivered_at for each in parcels)
        or state_of(order, at) == OrderState.DELIVERED,
        "cancelled": is_cancelled,
        "refunded": bool(order.refunds.all()),
    }
    now_it_is = str(state_of(order, at).label).lower()
    return [
        Broken(
            claim,
            f"The text says “{CLAIMS[claim].lower()}”, but order {order.number} is {now_it_is}"
            + (" and nothing was refunded." if claim == "refunded" else "."),
        )
        for claim in claims
        if not holds.get(claim, True)
    ]


def contradiction_in(order: Order) -> str | None:
    """What the order says against itself, or None."""
    moving = next((each for each in order.fulfillments.all() if each.status in _MOVING), None)
    if order.cancelled_at is not None and moving is not None:
        return f"Order {order.number} is cancelled, but a parcel of it is on its way."
    refunded = sum(each.amount_minor for each in order.refunds.all())
    if refunded > order.total_minor > 0:
        return f"More was refunded for order {order.number} than it cost."
    return None
