"""Is a mail written by a machine? By headers first (RFC 3834), by a short subject list last.

A mail found here is kept and shown like any other; only nothing automatic may answer it.
"""

from __future__ import annotations

import re2

from integrations.email.headers import HeaderBlock

# Headers whose presence with these values means "an answering machine wrote this".
_AUTO_HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("x-autoreply", ()),
    ("x-autorespond", ()),
    ("x-autoresponder", ()),
    ("x-auto-reply", ()),
    ("x-autoreply-from", ()),
    ("x-mail-autoreply", ()),
    ("x-mail-auto-reply", ()),
    ("x-cisco-autoreply", ()),
    ("x-vacation", ()),
    ("x-zendesk-autoreply", ()),
    ("x-kmail-autoreply", ()),
    ("x-facebook-auto-reply", ()),
    ("x-post-messageclass", ("9; autoresponder",)),
    ("x-precedence", ("auto_reply", "auto-reply")),
    ("precedence", ("auto_reply", "auto-reply", "autoreply")),
    ("delivered-to", ("autoresponder",)),
    ("x-fc-machinegenerated", ("true", "yes", "1")),
    ("x-ms-exchange-generated-message-source", ("mailbox rules agent",)),
    ("x-mailer", ("vacation", "autoresponder")),
    ("return-path", ("<autoreply@", "<auto-reply@", "<autoresponder@")),
)
_NO = frozenset({"no", "false", "0", "none"})

# Subjects that answering machines put in front of, or instead of, the original one.
_SUBJECT = re2.compile(
    r"(?i)^\s*(?:\[[^\]]{1,40}\]\s*)?(?:auto(?:matic|mated)?[- _]?(?:reply|response|responder)\b"
    r"|out[ -]of[ -](?:the[ -])?office\b|(?:i am |i'm )?(?:away from|not in) (?:my|the) office"
    r"|(?:on )?(?:annual leave|vacation)(?: reply| response| message| notice| auto| autoreply|:| re:)"
    r"|automatische (?:antwort|abwesenheits|e-?mail|nachricht)|abwesenheits(?:notiz|nachricht|assistent|meldung)"
    r"|abwesend\b|nicht im (?:büro|haus)|autom\. antwort|außer haus"
    r"|réponse automatique|absence du bureau|absent du bureau|message d.absence|réponse d.absence"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|resposta autom[aá]tica|fora do escritório|ausência temporária"
    r"|risposta automatica|fuori (?:ufficio|sede)|automatisch antwoord|automatische antwoord|afwezig(?:heid)?\b|niet aanwezig"
    r"|autosvar\b|automatiskt? svar|frånvaro|fraværende\b|fravær(?:s|:|\b)|automaattinen vastaus|poissa(?: toimistosta)?\b.*(?:vastaus|automaatti)"
    r"|automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|poza biurem|nieobecno(?:ść|ści) w biurze"
    r"|automatická odpov[eěé][dď]|mimo kancelář|neprítomnosť|nepřítomnost"
    r"|автоматический ответ|автоответ|нет на рабочем месте|вне офиса|автоматична відповідь|автовідповідь"
    r"|otomatik (?:yanıt|cevap)|ofis dışında|自動応答|自動返信|不在通知|不在のお知らせ|自动回复|自動回覆|自动答复|外出|자동 ?(?:응답|회신)|부재중"
    r"|ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ|automatikus válasz|házon kívül|răspuns automat|trả lời tự động|αυτόματη απάντηση"
    r"|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|balasan otomatis|odsotnost|samodejni odgovor|automatski odgovor)"
    r"|vacation (?:response|reply|message|auto-?reply)\b"
)


def is_auto_reply(headers: HeaderBlock) -> bool:
    """Whether an answering machine or another program wrote this mail.

    `auto-forwarded` is a person's mail passed on; `X-Auto-Response-Suppress` alone is what Outlook
    also puts on mail by people. Neither counts.
    """
    automatic = headers.text("auto-submitted").lower().split(";")[0].split("(")[0].strip()
    if automatic.startswith(("auto-replied", "auto-generated", "auto-notified")):
        return True
    for name, wanted in _AUTO_HEADERS:
        for value in headers.get_all(name):
            text = value.decode("latin-1").strip().lower()
            if any(word in text for word in wanted) if wanted else text not in _NO:
                return True
    return bool(_SUBJECT.search(headers.text("subject")[:300]))


def is_list_mail(headers: HeaderBlock) -> bool:
    """Whether it came through a list or as bulk mail, which must not be answered automatically."""
    precedence = headers.text("precedence").lower()
    if precedence in ("bulk", "list", "junk"):
        return True
    names = {name for name, _ in headers.fields}
    return not names.isdisjoint(("list-id", "list-unsubscribe", "list-post", "mailing-list"))
