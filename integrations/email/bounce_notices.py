"""The wording of failure notices by mail servers that write prose instead of RFC 3464 reports."""

from __future__ import annotations

from typing import Any

import re2

DAEMONS = re2.compile(
    r"(?i)(?:^|[<\s\"'(:])(?:mail(?:er)?[-_.]?d(?:a?e|e)mon|postmaster|post[-_]?office|mailer-?daemon\S*|mailsystem"
    r"|mail[-_.]?(?:delivery|delivery-subsystem|agent|router|server|admin(?:istrator)?)|mdaemon|bounce[sd]?|no-?reply-?bounce"
    r"|uucp|smtp|mmdf|majordomo-owner|nobody|maildelivery\S*|mail_delivery_subsystem|delivery[-_.]?\w*|system[-_.]?(?:administrator|admin)|listserv|autopostmaster"
    r"|exchange\S{0,20}|ndr|mailmaster|mailmgr|mail\.?gateway)(?:[-+.=][^@\s>]*)?(?:@|>|$|\s)"
)
DAEMON_NAMES = re2.compile(
    r"(?i)mail(?:er)? ?(?:delivery|daemon|deliver)|delivery (?:sub)?system|postmaster|system administrator|mail administrator|mail system"
    r"|internet mail (?:delivery|service)|mailer-daemon|message router|mail router|undeliver|postman|mail deliverer|smtp gateway"
)
SUBJECT = re2.compile(
    r"(?i)undeliver|not deliver|delivery (?:status )?notification|delivery (?:has )?fail|(?:mail|message) delivery (?:fail|status|problem|error|has)"
    r"|returned (?:mail|to sender|message|e-?mail)|return(?:ed)? to sender|failure notice|failed (?:mail|delivery|message)|delivery (?:problem|error|report|delayed|failure|unsuccessful)"
    r"|(?:mail|message|e-?mail) (?:could not|couldn't|cannot|can't|was not|not|failed|delayed|undeliverable|bounced)|nondelivery|non-?delivery|unable to deliver|could not (?:be )?(?:send|sent|deliver)"
    r"|message status|mail (?:error|failure|system error|bounce)|mdaemon notification|warning: (?:could not|message|e-?mail)|message (?:has not|not) been|delivery (?:temporarily )?suspended"
    r"|unzustellbar|nicht zugestellt|nicht zustellbar|zustell(?:ung|fehler|bericht)|mail ?delivery|rückläufer|fehlgeschlagen|unbekannter empfänger"
    r"|échec|non remis|non délivr|impossible de remettre|notification d.état de remise|retour .{0,12}expéditeur|no se (?:puede|pudo|ha podido) entregar|no entregad|mensaje devuelto|error de entrega|notificación de estado"
    r"|falha (?:na|de) entrega|não entregue|devolvid|mancata consegna|mancato recapito|impossibile (?:recapitare|consegnare)|consegna fallita|onbestelbaar|niet bezorgd|niet afgeleverd|retour afzender"
    r"|kan inte leverera|ej levererat|olevererat|kunne ikke leveres|ikke leveret|toimittaminen epäonnistui|ei voitu toimittaa|nie można dostarczyć|niedostarczon|zwrot|nedoručiteln|nedoručen"
    r"|недоставлен|не доставлен|невозможно доставить|ошибка доставки|сообщение не доставлено|не удалось доставить|недоставка|配信不能|配送不能|配信できません|送信できません|戻りました|退信|退回|无法投递|無法傳遞|投递失败|未送達|未能送达|系统退信"
    r"|배달.{0,6}(?:실패|못|않)|전송 ?실패|반송|ไม่สามารถส่ง|teslim edilemedi|iletilemedi|kézbesíthetetlen|nem kézbesíthető|user unknown|unknown (?:user|recipient|address)|no such user|mailbox (?:full|unavailable)|wiadomość nie"
    r"|(?:mail|post) ?(?:konnte|wurde) nicht|rejected (?:mail|message|posting)|(?:mail|message) rejected|are not member|エラー(?:通知|メール)|address (?:error|not found|unknown|is no longer)|invalid (?:address|recipient)|e-?mail address (?:has )?changed|bounce"
)
# An answer or a forward by a person, whatever it quotes.
ANSWER_SUBJECT = re2.compile(
    r"(?i)^\s*(?:re|aw|antw|sv|vs|fwd?|wg|tr|rv|enc|i|pd|vb|vl|odp|回复|转发|答复)\s*[:：\[]"
)
# What only mail systems say.
SMTP_WORDS = re2.compile(
    r"(?i)\bsmtp\b|(?:^|[\s#:;(>])[45]\d\d[\s-][45]\.\d\.\d|\b[45]\.\d\.\d\b|\bRCPT TO\b|\bmailer-daemon\b|\bpostmaster\b|\b55[0-4] |not (?:a )?member"
    r"|mail (?:system|server|gateway|delivery (?:system|software|agent))|(?:message|mail) (?:headers?|id)\b|mailing list|メール"
)
# Words of lists and people that look like notices but are not.
NO_NOTICE_SUBJECT = re2.compile(
    r"(?i)(?:moderator|approval|subscription|unsubscribe|subscribe|confirm|welcome to)\b.{0,40}(?:request|required|confirm|list|notification|to\b)|digest, vol|read(?: receipt)?:|^(?:gelesen|lu|leído|letto) *:"
)
FAILURE = re2.compile(
    r"(?i)(?:could|can|was|were|is|are|has|have|had|did)(?: ?not|n't|n’t)(?: yet)?(?: be| been| able to be)? ?(?:deliver|reach|sen[dt]|process|complet|accept|found|forward|relay|resolve|exist|transfer|recogni|valid|known|listed|authori|permitted)"
    r"|cannot (?:be )?(?:deliver|reach|sen[dt]|process|find|accept|forward|relay)|unable to (?:deliver|send|relay|process|reach|complete|forward|locate|find)|undeliverable|undelivered|non-?deliver|not delivered|failed to (?:deliver|reach|send|receive)|fail(?:ed|ure|s) (?:to deliver|delivery|permanently|notice|address|recipient|for)"
    r"|delivery (?:to|of|for)?.{0,80}(?:fail|delay|not possible|unsuccessful|error|problem|attempt|suspended|aborted|timed out)|permanent(?: fatal)? (?:error|failure)|fatal error|transient|returned (?:to|mail|message|because|for|unopened)|being returned|bounced|(?:is|was|being|has been) (?:reject|refus|return|block)"
    r"|(?:user|recipient|mailbox|address|account|addressee|name|alias|e-?mail|destination|person|utilisateur)s?(?: [^\n]{0,60})? (?:is |are |was |has |does |do )?(?:unknown|not found|not (?:a )?known|not exist|doesn't exist|does not exist|don't exist|inactive|disabled|suspended|full|invalid|unavailable|not available|not listed|not recogni|not local|ambiguous|not unique|over quota|exceeded|no longer|not valid|expired|closed|discontinued|terminated|cancel+ed|not active|deactivated|rejected|denied|unrouteable|unroutable|bad|failed)"
    r"|unknown (?:user|recipient|address|mailbox|local|host|domain|account|alias|name|mail)|no such (?:user|recipient|mailbox|address|person|local|account|name|alias|domain|host)|invalid (?:user|recipient|mailbox|address|name|domain)|unrout(?:e)?able|bad (?:address|recipient|destination|mailbox)|illegal (?:user|alias|host|address)|addressee unknown"
    r"|(?:quota|mailbox size|storage)[^\n]{0,40}(?:exceed|full|over)|(?:over|exceed(?:s|ed)?)[^\n]{0,30} quota|mailbox (?:is )?full|host (?:unknown|not found|unreachable|name lookup)|name server|connection (?:refused|timed out|reset)|(?:smtp|error|reply|response|code)[: #(]{1,4}[45]\d\d\b|\b5\d\d[ -]5\.\d\.\d|\b4\d\d[ -]4\.\d\.\d|\b55[0-4][ -]"
    r"|relay(?:ing)? (?:access )?denied|message (?:size|too large|exceeds)|too many hops|mail loop|retry time|will (?:be retried|keep trying|continue to)|giving up|gave up|access denied|policy (?:reject|violation)|not our customer|no longer (?:work|employ|valid|active|accept|in use|available|exist)|moved to|this address no longer|has been (?:changed|disabled|discontinued|deleted|suspended|blocked)|couldn't (?:find|deliver|be)|wasn't (?:able|deliver)|not a member of|no mailbox here|not accept(?:ing|ed)?|we were unable|didn't reach|hop count|out of (?:disk|storage)|status: ?[45]\.\d"
    r"|nicht (?:zugestellt|zustellbar|erreich|übermittelt|gefunden|ausgeliefert|existier|bekannt|weitergeleitet)|unzustellbar|unbekannt|existiert nicht|zustellung .{0,60}(?:fehl|nicht)|speicherplatz|postfach .{0,30}voll|fehlgeschlagen"
    r"|n'a pas pu|n.a (?:pas )?(?:été|pu)|impossible de|inconnu|non remis|pas été (?:remis|délivr|distribu)|échec|boîte .{0,20}pleine|no (?:se )?(?:pudo|puede|ha podido|ha sido|fue|existe|entreg|encontr)|desconocid|rechazad|inexistente|não (?:pôde|foi|pode|existe|entreg)|falha|desconhecid|caixa .{0,20}cheia|non (?:è stato|può|esiste|recapit|consegn|raggiung|ha potuto)|sconosciut|impossibile|casella .{0,20}piena"
    r"|niet (?:worden |kunnen |kon |bezorgd|afgeleverd|gevonden|bestaat)|onbekend|onbestelbaar|kunde inte|kan inte|ikke (?:leveres|leveret|levert|findes)|kunne ikke|ei voitu|tuntematon|nie (?:można|mógł|została|istnieje|dostarczon)|niedostarczon|nieznan|nelze|nebylo|neexistuje|nedoručen"
    r"|не (?:может|могло|удалось|был|доставлен|существует|найден|принимает)|недоставлен|невозможно|отклонен|переполнен|неизвест|отказ|not been delivered|配信|届け|存在しない|受信できません|できませんでした|送信されませんでした|エラー|不存在|无法|無法|失败|失敗|退回|退信|拒绝|已满|수신|실패|못했|존재하지|반송|ไม่สามารถ|ไม่พบ|bulunamadı|teslim edilemedi|iletilemedi|nem (?:sikerült|kézbesít|létezik)"
)
DEAD_ADDRESS = re2.compile(
    r"(?i)(?:user|recipient|mailbox|address|account|addressee|alias|person|utilisateur)s?(?: [^\n]{0,60})? (?:is |are |was |has |does |do )?(?:unknown|not found|not (?:a )?known|not exist|doesn't exist|does not exist|don't exist|inactive|invalid|not listed|not recogni|no longer|not valid|expired|closed|discontinued|terminated|cancel+ed|not active|deactivated|disabled|unrouteable|unroutable)"
    r"|unknown (?:user|recipient|address|mailbox|local|account|alias|host|domain)|no such (?:user|recipient|mailbox|address|person|local|account|name|alias|domain|host)|(?:invalid|bad|illegal) (?:user|recipient|mailbox|address|alias|host|destination)|addressee unknown|unrout(?:e)?able (?:mail )?(?:address|domain)|address (?:not found|rejected)|not our customer|no mailbox here|mailbox unavailable|host (?:unknown|not found)|couldn't find any host|domain (?:not found|does not exist)|recipient rejected"
    r"|unbekannt|existiert nicht|inconnu|desconocid|inexistente|sconosciut|desconhecid|onbekend|nie istnieje|neexistuje|не существует|不存在|存在しない|存在しません|존재하지"
)
LIVING_ADDRESS = re2.compile(
    r"(?i)mailbox (?:is )?(?:full|over quota)|over ?quota|quota exceeded|exceed[^\n]{0,40}quota|quota[^\n]{0,20}exceed|message (?:size|too (?:large|big)|exceeds)|too large|spam|blacklist|block ?list|blocked|policy|dmarc|spf\b|relay(?:ing)? (?:access )?denied|not enough (?:disk|storage|space)|insufficient (?:disk|storage|system|space)|virus|greylist|temporar(?:y|ily)|try again|timed? ?out|loop"
)
ORIGINAL_STARTS = re2.compile(
    r"(?im)^[ >*]*(?:-{2,}|={3,}|_{3,}|\*{3,})? ?(?:below this line is a copy|this is a copy of (?:the|your)|(?:original|returned|unsent|undelivered|bounced|rejected) (?:message|mail)|(?:the )?(?:body|text|header|headers|content|contents|copy|start) of (?:the |your )?(?:original|returned|message|mail|undelivered|unsent)|original[- ]message|message (?:header|text|headers|contents?|body)|returned message (?:follows|headers|text|contents?|body)|(?:your|the) (?:original )?(?:message|mail) (?:follows|reads|was as follows|begins|is (?:attached|enclosed|appended|included|returned below))|unsent message follows|first \d+ lines|included message|beginning of original|start of (?:returned|original)|forwarded message|your message reads|included is a copy|here is (?:your|a copy)|copy of (?:your|the) (?:original )?message)"
    r"|^[ >|]*(?:Received: (?:from|by|\(qmail)|Return-Path: ?<)"
)

_A = r"<?([^\s<>\"'(),:;@\[\]=]+@[^\s<>\"'(),:;@\[\]=]+\.[A-Za-z0-9-]{2,}|[^\s<>\"'(),:;@\[\]=]+@[A-Za-z0-9-]+)>?"
# Where a notice names the recipient, surest place first. One group: the address.
_LISTED = r"(?:recipient|address|user|mailbox|account|person|destination|e-?mail|name|receiver)"
SURE_PLACES = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"(?i)following (?:\S+ ){{0,2}}{_LISTED}\S*[^\n@]{{0,100}}\n(?:[^\n@]{{0,80}}\n){{0,3}}[\s<*>\"'-]*{_A}",
        rf"(?im)^\s*(?:failed recipient|final-recipient|original-recipient|recipient(?:s| address|\(s\))?|addressee|user|address|could not deliver message to|unable to deliver to|could not be delivered to)\s*:\s*(?:rfc822;\s*|SMTP:)?\s*{_A}",
        rf"(?im)^\s*<({_A[3:-3]})>\s*[:.(]?\s*(?:$|\S)",
        rf"(?im)^[\s*>-]*{_A}[>]?\s*:?\s*(?:$|\(|\.\.\.|-|\.\.|;|,|on |\d|[Uu]ser|[Ff]ail|[Dd]oes|[Ii]s |[Hh]as |[Nn]o |[Rr]ecip|[Mm]ailbox|[Uu]nk|[Nn]ot|[Pp]erm|[Aa]ddr|\[)",
    )
)
LOOSE_PLACES = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"(?i)(?:to|for|recipient|recipients|address|user|mailbox|addressee|deliver|an|für|à|a|para|per|aan|адрес|получател\pL*)[\s:=]+(?:(?:the )?(?:following|address|user|recipient)[^\n@]{{0,40}}[:\n]\s*)?(?:rfc822;)?\s*[<\"'\[(]{{0,2}}{_A}",
        rf"(?i)RCPT TO:\s*{_A}",
        rf"(?i){_A}[>\"')\]]{{0,2}}[^\n@]{{0,40}}(?:unknown|not found|does not exist|no such|rejected|full|over quota|failed|invalid|not listed|disabled|inactive|could not|was not|cannot)",
        rf"(?i)(?:unknown|no such|invalid|not found|rejected|failed|unable|not deliver\w*|could not|undeliverable)[^\n@]{{0,60}}[\s<(\"':]{_A}",
        rf"(?im)^\s*to\s*:\s*{_A}",
        _A,
    )
)
# A list of bare names below such a sentence means users of the notice's own domain.
_LOCAL_NAMES = re2.compile(
    r"(?i)(?:following|not delivered)[^\n]{0,120}:?[ \t]*\n(?:[ \t]*\n)?((?:[ \t]+[\w.+-]{1,64}(?:[ \t]{2,}[^\n]*)?[ \t]*(?:\n|$))+)"
)
_LOCAL_NAME = re2.compile(r"(?m)^[ \t]+([\w.+-]{1,64})(?:[ \t]{2}|[ \t]*$)")
_NOT_RECIPIENT = re2.compile(
    r"(?i)^(?:postmaster|mailer-daemon|abuse|support|helpdesk|help|webmaster|hostmaster|noreply|no-reply|mail-daemon|root|.*-owner|owner-.*|.*-bounces?|.*-request)@|@(?:mail|smtp)\d*$"
)


def find_local_recipients(notice: str, domain: str) -> list[str]:
    """Users a notice lists without their domain, which is then the domain that wrote the notice."""
    match = _LOCAL_NAMES.search(notice)
    if not match or not domain:
        return []
    names = [name[1].rstrip(".") for name in _LOCAL_NAME.finditer(match[1])]
    return [f"{name}@{domain}" for name in names[:200] if name]


def find_recipients(
    notice: str, *, exclude: frozenset[str], places: tuple[Any, ...] = SURE_PLACES + LOOSE_PLACES
) -> list[str]:
    """Addresses a notice names as failed, each once, from the surest kind of place that has any."""
    for place in places:
        found: dict[str, str] = {}
        for match in place.finditer(notice):
            address = match[1].strip("'.`*").removeprefix("rfc822;")
            key = address.lower()
            if key in exclude or _NOT_RECIPIENT.search(key) or "@" not in key[1:]:
                continue
            found.setdefault(key, address)
            if len(found) >= 200:
                break
        if found:
            is_last = place is LOOSE_PLACES[-1]
            return list(found.values())[: 1 if is_last else 200]
    return []
