"""Words that decide: cancelling, where-is-it, and what must not be taken for either.

A concept is one pattern over all languages of a script, matched on folded text. The rules below
combine concepts; they may confirm an intent (a strong word next to its object) or forbid it
(negation, another object). They stand above the trained head because a wrong cancellation costs
a customer's order, and because a shop can read them.
"""

import re
from dataclasses import dataclass

# A probability of the head alone never reaches beyond what the words confirm.
CONFIRMED = 0.95
NEAR_CHARS = 45
ADJACENT_CHARS = 12
# How far a likelier intent moves from the head's probability towards certainty.
LIKELIER_SHARE = 0.5

_CANCEL = (
    r"cancel\w*|call(?:ed|ing)? off|annul\w*|"
    r"stornier\w*|storno\w*|ruckgangig|widerruf\w*|"
    r"anul\w*|desist\w*|dar de baja|"
    r"rezygn\w*|odwola\w*|skasow\w*|skasuj\w*|wycofa\w*|"
    r"zrus\w*|rusi[mt]\b|storn\w*|odstoup\w*|odvola\w*|"
    r"отмен\w*|аннулир\w*"
)
# Giving up an order in other words: only with the order itself close by.
_DROP = (
    r"scrap|revoke|withdraw\w*|undo|void|forget (?:about|my|the)|want out of|no longer (?:want|need)|"
    r"zuruckzieh\w*|streichen|trete\w?|rucktritt|vergessen sie|renonc\w*|oubliez|laissez tomber|"
    r"olvid\w*|den de baja|paren|zapomnijcie o|wstrzyma\w*|cofna\w*|zapomente na|vymaz\w*|забудьте|снимите|отказ\w*|"
    r"stoppen|stoppt|arret(?:er|ez) (?:ma|la|cette)|retir(?:en|ar|ad) (?:el|mi)|deteng\w*|zatrzyma\w*|"
    r"vyskrtn\w*|odstran\w*|zastav\w*|отзов\w*|откат\w*|останов\w*"
)
_DROP_UNSPACED = r"不要了|不想要|不需要了|关闭|拦截|ไม่เอาแล้ว|ไม่ต้องแล้ว|ไม่อยากได้แล้ว|ถอนคำสั่ง"
_CANCEL_UNSPACED = r"取消|撤销|撤回|退单|作废|ยกเลิก|แคนเซิล|แคนเซล"
_ORDER = (
    r"orders?|purchases?|bestellung(?:en)?|auftrag\w*|commandes?|comandes?|achats?|pedidos?|encargos?|orden(?:es)?|"
    r"compras?|zamowien\w*|zakup\w*|objednav\w*|nakup\w*|заказ\w*|покупк\w*"
)
_ORDER_UNSPACED = r"订单|[这那一]单|下的单|ออเดอร์|คำสั่งซื้อ|การสั่งซื้อ|รายการสั่ง"
_PARCEL = (
    r"parcels?|packages?|shipments?|deliver(?:y|ies)|paket\w*|sendung\w*|lieferung\w*|colis|paquete?s?|livraisons?|envios?|"
    r"paczk\w*|przesylk\w*|balic\w*|balik\w*|zasilk\w*|посылк\w*"
)
_PARCEL_UNSPACED = r"包裹|快递|物流|我的货|พัสดุ|ของที่สั่ง|สินค้าที่สั่ง"
_OTHER_OBJECT = (
    r"newsletters?|(?:un)?subscri\w*|memberships?|accounts?|appointments?|reservations?|bookings?|flights?|trips?|tickets?|"
    r"transfers?|cards?|insurance|polic(?:y|ies)|alarms?|timers?|vouchers?|coupons?|meetings?|transactions?|"
    r"payments?|debits?|che(?:que|ck)s?|plans?|loans?|top.?ups?|autopay|billing|hotel|rooms?|service|"
    r"abo(?:s|nnement\w*)?|konto|kontos|kundenkonto|termin\w*|flug\w*|tisch\w*|versicherung\w*|gutschein\w*|"
    r"compte|rendez.vous|vol|assurance|virement|abonnement\w*|"
    r"cuenta|cita|reserva\w*|vuelo|seguro|suscripcion\w*|boletin|transferencia|"
    r"subskrypc\w*|abonament\w*|wizyt\w*|rezerwac\w*|lot|ubezpiecz\w*|przelew\w*|"
    r"predplat\w*|odber\w*|novinek|ucet|uctu|rezervac\w*|letenk\w*|pojist\w*|prevod\w*|zubar\w*|"
    r"подписк\w*|рассылк\w*|аккаунт\w*|запис\w*|рейс\w*|билет\w*|брон\w*|страхов\w*|перевод\w*"
)
_OTHER_OBJECT_UNSPACED = (
    r"订阅|会员|续费|账号|预约|预订|机票|酒店|保险|转账|优惠券|"
    r"สมาชิก|ข่าวสาร|บัญชี|นัด|จองโต๊ะ|ตั๋ว|ประกัน|โอนเงิน"
)
_RETURN = r"returns?|retouren?|rucksendung\w*|retour|devolucion|zwrot|vratk\w*|возврат\w*"
_RETURN_UNSPACED = r"退货申请|คืนสินค้า"
_POLICY = (
    r"polic(?:y|ies)|fees?|charges?|penalt\w*|until when|how long|deadline|free of charge|terms|"
    r"bis wann|gebuhr\w*|bedingungen|kostet|jusqu'a quand|frais|conditions|hasta cuando|politica|penalizacion|cobran|"
    r"do kiedy|oplat\w*|platne|zasady|do kdy|poplat\w*|podminky|zpoplatn\w*|kolik stoji|combien coute|cuanto cuesta|wie viel kostet|сколько стоит|до какого|условия|штраф\w*|платн\w*"
)
_POLICY_UNSPACED = r"多久|手续费|规则|几天内|ค่าธรรมเนียม|ภายในกี่|กี่วัน|เงื่อนไข"
_MONEY_OR_PAPER = (
    r"refunds?|reimburse\w*|money|invoices?|receipts?|bills?|codes?|vouchers?|cards?|transfers?|salary|spending|"
    r"erstattung\w*|ruckzahlung\w*|geld|rechnung\w*|gutschein\w*|rembours\w*|argent|facture\w*|reembolso\w*|dinero|factura\w*|"
    r"pieniadz\w*|pieniedz\w*|zwrot\w*|faktur\w*|przelew\w*|penez\w*|penize|vracen\w*|деньг\w*|денег|возврат\w*|чек|счет\w*|"
    r"flights?|luggage|phone|car|keys?|loan|application|package deal|insurance|claims?|bank"
)
_MONEY_OR_PAPER_UNSPACED = r"退款|钱|发票|เงิน|ใบเสร็จ|ใบกำกับ"
_WHERE = (
    r"where(?:'?s| is| are| has| did| it| my| the| our)|whereabouts|wo (?:ist|bleibt|bleiben|sind|steckt|die|der|das|mein\w*|es|sie)|ou (?:est|sont|en est|en sont|se trouve|elle|il)|"
    r"donde (?:esta|estan|anda|viene)|por donde va|gdzie (?:jest|sa|moj\w*)|kde (?:je|jsou|mam|zustal\w*)|где"
)
_WHERE_UNSPACED = r"在哪|到哪|哪里了|ถึงไหน|อยู่ไหน|อยู่ที่ไหน"
_TRACK = (
    r"tracking (?:number|code|link|info\w*|id)|track (?:my|the|an?|order|parcel|package|purchase)\b|"
    r"sendungsnummer\w*|sendungsverfolg\w*|sendung verfolgen|numero de suivi|suivi (?:de|du|n')|suivre (?:mon|ma|le|la)|"
    r"numero de guia|rastrea\w*|rastreo|seguimiento de(?:l)? (?:mi |pedido|compra|envio)|seguimiento del?|"
    r"sledzeni\w*|numer (?:przesylki|sledzenia|paczki)|sledovan\w*|cislo zasilky|трек\w*|отслед\w*|"
    r"order status|status of (?:my|the|our) (?:order|parcel|package|shipment|purchase)|bestellstatus|sendungsstatus|lieferstatus|"
    r"status (?:meiner|der|unserer) (?:bestellung|sendung|lieferung)|statut de (?:ma|la|notre) (?:commande|livraison)|"
    r"estado (?:de (?:mi|la|nuestra) (?:compra|orden)|del? (?:mi )?(?:pedido|envio|paquete))|status (?:mojego )?zamowienia|"
    r"status (?:mojej )?(?:paczki|przesylki)|stav (?:me |moji |nasi )?(?:objednavky|zasilky)|статус (?:моего )?заказа|статус (?:моей )?посылки"
)
_TRACK_UNSPACED = r"订单状态|物流状态|สถานะ(?:คำสั่งซื้อ|พัสดุ|ออเดอร์)|查物流|物流单号|快递单号|เลขพัสดุ|เช็คพัสดุ|ติดตามพัสดุ|ติดตามคำสั่งซื้อ|เลขแทรค"
_RECEIVED = (
    r"(?:has |have |just )?arrived|came (?:with|in|broken|today)|i (?:have |'ve )?(?:got|received) (?:the|my|it|order|a)|ist (?:da|angekommen)|angekommen|erhalten|"
    r"bien recu|j'ai recu|est arrivee?|llego|recibi|przysz[lea]\w*|dotar[l]\w*|dorazi\w*|prisel|prisla|prislo|obdrzel\w*|пришел|пришла|пришло|получила?"
)
_RECEIVED_UNSPACED = r"(?<!没)(?<!没有)收到了|ได้รับ(?:ของ)?แล้ว"
_IF_ORDERED = (
    r"if i (?:order|buy|place)|(?:order|bought)(?:ed)? (?:today|tonight)\b[^.]{0,30}when|wenn ich (?:\w+ )?(?:bestelle|kaufe)|si je (?:commande|passe)|"
    r"si (?:compro|pido|ordeno)|jesli (?:zamowie|kupie)|kdyz (?:objednam|koupim)|если (?:закажу|куплю)"
)
_IF_ORDERED_UNSPACED = r"今天(?:下单|拍|买)|现在(?:下单|拍|买)|ถ้าสั่ง|สั่งวันนี้"
_UNWANTED_PARCEL = (
    r"(?:do not|don't|dont|please not) (?:ship|send|dispatch|pack|post|deliver)|"
    r"nicht (?:mehr )?(?:verschicken|versenden|los\w*schicken|absenden|einpacken|ausfuhren)|"
    r"(?:n'expediez pas|n'envoyez pas|ne (?:m'|l')?\s?(?:envoyez|expediez|livrez) pas)|"
    r"no (?:me |lo |la )?(?:envien|manden|despachen|preparen)|nie wysyla\w*|nie pakowa\w*|neposilejte|nebalte|neexpedujte|не отправляйте|не высылайте"
)
_UNWANTED_PARCEL_UNSPACED = (
    r"别发货?了?|不要发货?了?|不用发货?了?|不用寄|不要寄|ไม่ต้องส่ง|อย่าเพิ่งส่ง|หยุดส่ง"
)
_ELSEWHERE = r"instead|address|office|e?-?mails?|newsletters?|sms|advert\w*|werbung|neighbo\w*|adress\w*|sondern|stattdessen|plutot|adresse|direccion|en vez|adres\w*|zamiast|misto|adrese|адрес\w*|until|bis\b|before"
_ELSEWHERE_UNSPACED = r"地址|公司|ที่อยู่|แทน|โฆษณา|ข่าว|广告|邮件"

# Waited for and not come: what was ordered, as long as nothing else is named.
_NOT_COME = re.compile(
    r"\b(?:still|yet|nothing|not|never|haven't|hasn't)\b.{0,25}\b(?:arrived?|shown up|turned up)\b|"
    r"\b(?:nichts|immer noch nicht|noch nicht|nie)\b.{0,20}\b(?:angekommen|erhalten|da|geliefert)\b|"
    r"\b(?:rien|toujours pas|pas encore|jamais)\b.{0,20}\b(?:recue?|arrivee?|livree?)\b|"
    r"\b(?:todavia|aun|sigue sin|no me)\b.{0,20}\bllega\w*|"
    r"\b(?:nic|nadal|jeszcze|dalej|ciagle)\b.{0,15}\b(?:nie )?(?:przysz\w+|dotar\w+|dosz\w+)\b|"
    r"\b(?:nic|porad|jeste)\b.{0,15}\bne(?:doraz|pris|dosl)\w*|"
    r"(?:ничего|до сих пор|еще|так и)\b.{0,20}\bне (?:приш|получ|достав)\w*|还没(?:有)?(?:到|收到)|没收到货|ยังไม่(?:ได้รับ|ถึง|มา)"
)

# The words straight before "cancel" that turn it round.
_NEGATED = re.compile(
    r"(?:\b(?:do not|don't|dont|does not|did not|didn't|not|never|no need|without|nicht|kein\w*|ne|n'|no|nie|bez|nechc\w*|nechtel\w*|nemus\w*|не)\b\s*|n')"
    r"(?:(?!bitte|please|merci|prosim|prosz\w*|por|favor|пожалуйста|svp|mehr|longer|plus|mas|uz|juz|know|how|see|find|sure|able|"
    r"weiss|finde|wie|sais|comment|trouve|se\b|como|encuentro|wiem|jak|widz\w*|vi[md]\w*|najdu|знаю|как|вижу|нашел|поздно|late)[\w']+\s+){0,3}(?:zu\s+|to\s+)?$"
)
_NEGATED_UNSPACED = re.compile(
    r"(?:不想|不要|不是要|不是想|别|无需|不用|不需要|没有要|没想|ไม่ต้อง|ไม่ได้จะ|ไม่ได้|อย่า|ไม่อยาก|ไม่)$"
)
_NEGATED_AFTER = re.compile(
    r"^(?:\s+(?:sie|ihr|bitte|das|es|die|diese|meine|ma|la|mi|el)\b){0,2}(?:\s+\w+)?\s+(?:nicht|pas)\b"
)
_CZECH_NEGATED = re.compile(r"\bne(?:rus|zrus|storn)\w*")
_CANCEL_BUTTON = re.compile(r"button|knopf|bouton|boton|przycisk|tlacitk|кнопк|按钮|ปุ่ม")
_DONE_BY_SHOP = re.compile(
    r"\bwhy (?:did|was|has|have|is)\b[^.?!]{0,30}\bcancel|\b(?:was|were|been|got|is|you|you have|you've) (?:just )?cancel(?:l?ed)\b|"
    r"\b(?:wurde|haben sie|habt ihr)\b[^.?!]{0,40}\bstorniert|\b(?:avez.vous|vous avez|a ete|pourquoi)\b[^.?!]{0,20}\bannulee?|"
    r"\b(?:cancelaron|anularon|fue cancelad\w|me cancel\w*on)\b|\b(?:anulowaliscie|anulowano|zostalo anulowane)\b|"
    r"\b(?:zrusili|byla zrusena|stornovali)\b|\b(?:вы отменили|был отменен|отменили)\b|"
    r"(?:你们|为什么)[^。]{0,12}取消|被取消|(?:ร้าน|ทำไม)[^.]{0,15}ยกเลิก"
)


def _both(spaced: str, unspaced: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{spaced})\b|(?:{unspaced})")


_CONCEPTS = {
    "cancel": _both(_CANCEL, _CANCEL_UNSPACED),
    "drop": _both(_DROP, _DROP_UNSPACED),
    "return": _both(_RETURN, _RETURN_UNSPACED),
    "received": _both(_RECEIVED, _RECEIVED_UNSPACED),
    "if ordered": _both(_IF_ORDERED, _IF_ORDERED_UNSPACED),
    "order": _both(_ORDER, _ORDER_UNSPACED),
    "parcel": _both(_PARCEL, _PARCEL_UNSPACED),
    "other": _both(_OTHER_OBJECT, _OTHER_OBJECT_UNSPACED),
    "policy": _both(_POLICY, _POLICY_UNSPACED),
    "money": _both(_MONEY_OR_PAPER, _MONEY_OR_PAPER_UNSPACED),
    "where": _both(_WHERE, _WHERE_UNSPACED),
    "track": _both(_TRACK, _TRACK_UNSPACED),
    "unwanted": _both(_UNWANTED_PARCEL, _UNWANTED_PARCEL_UNSPACED),
    "elsewhere": _both(_ELSEWHERE, _ELSEWHERE_UNSPACED),
}


# "Order 1042" alone answers a question or heads a mail; it asks for nothing.
_BARE_REFERENCE = re.compile(
    rf"\W*(?:(?:{_ORDER}|zam|obj|cmd|ped|зак)\b|{_ORDER_UNSPACED})\W*(?:n[or]?|num\w*|nummer|c|cislo|номер|号|เลขที่)?\W*"
    r"[a-z]{0,4}\W{0,2}\d[\d-]*\W*"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the words alone say of one sentence: an intent they prove, make likelier, or rule out."""

    confirmed: str | None = None
    likelier: str | None = None
    forbidden: frozenset[str] = frozenset()


_NOTHING = Verdict()
_NOT_CANCEL = frozenset({"cancel_order"})
_NOTHING_COSTLY = Verdict(forbidden=frozenset({"cancel_order", "refund_request"}))
_LIKELY_CANCEL = Verdict(likelier="cancel_order")


def judge(folded: str) -> Verdict:
    """The verdict of the words on one folded sentence (see `text.fold`)."""
    if _BARE_REFERENCE.fullmatch(folded):
        return _NOTHING_COSTLY
    cancel = _CONCEPTS["cancel"].search(folded)
    if cancel is not None:
        return _judge_cancel(folded, cancel)
    if _CZECH_NEGATED.search(folded):
        return _judge_where(folded, _NOT_CANCEL)
    if _has(folded, "received"):
        return _judge_where(folded, _NOT_CANCEL)
    if _has(folded, "unwanted"):
        return Verdict(forbidden=_NOT_CANCEL) if _has(folded, "elsewhere") else _LIKELY_CANCEL
    drop = _CONCEPTS["drop"].search(folded)
    if (
        drop is not None
        and _distance(folded, "order", drop) <= NEAR_CHARS
        and not _is_negated(folded, drop)
    ):
        return _LIKELY_CANCEL
    return _judge_where(folded, frozenset())


def _judge_cancel(folded: str, cancel: re.Match[str]) -> Verdict:
    if _is_negated(folded, cancel) or _DONE_BY_SHOP.search(folded):
        return _judge_where(folded, _NOT_CANCEL)
    order_distance = _distance(folded, "order", cancel)
    if _distance(folded, "other", cancel) < min(order_distance, NEAR_CHARS) or _has(
        folded, "policy"
    ):
        return Verdict(forbidden=_NOT_CANCEL)
    if _distance(folded, "return", cancel) <= ADJACENT_CHARS and order_distance > NEAR_CHARS:
        return Verdict(forbidden=_NOT_CANCEL)
    if order_distance <= NEAR_CHARS:
        return Verdict(confirmed="cancel_order")
    # English says "cancel" of anything; elsewhere the word alone, sent to a shop, means the order.
    return _NOTHING if cancel.group().startswith("cancel") else _LIKELY_CANCEL


def _judge_where(folded: str, forbidden: frozenset[str]) -> Verdict:
    if _has(folded, "if ordered"):
        return Verdict(likelier="delivery_info", forbidden=forbidden | {"order_status"})
    if _has(folded, "money"):
        return Verdict(forbidden=forbidden)
    if _has(folded, "track") or (
        _has(folded, "where") and (_has(folded, "order") or _has(folded, "parcel"))
    ):
        return Verdict(confirmed="order_status", forbidden=forbidden)
    if _NOT_COME.search(folded) and not _has(folded, "return") and not _has(folded, "other"):
        return Verdict(likelier="order_status", forbidden=forbidden)
    return Verdict(forbidden=forbidden)


def _is_negated(folded: str, cancel: re.Match[str]) -> bool:
    if _CANCEL_BUTTON.search(folded):
        return False
    before = folded[max(0, cancel.start() - 40) : cancel.start()]
    if _NEGATED.search(before) or _NEGATED_UNSPACED.search(before):
        return True
    return _NEGATED_AFTER.search(folded[cancel.end() : cancel.end() + 40]) is not None


def _has(folded: str, concept: str) -> bool:
    return _CONCEPTS[concept].search(folded) is not None


def _distance(folded: str, concept: str, of: re.Match[str]) -> int:
    gaps = [
        max(found.start() - of.end(), of.start() - found.end(), 0)
        for found in _CONCEPTS[concept].finditer(folded)
    ]
    return min(gaps, default=10_000)
