"""TwiML: what we tell Twilio to do, in the answer to its call."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from inbox.connector import WebhookAnswer


def answer(inner: str) -> WebhookAnswer:
    """The whole document."""
    content = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
    return WebhookAnswer(content.encode(), content_type="text/xml; charset=utf-8")


def message(text: str) -> str:
    """Write this back to who wrote to us."""
    return f"<Message>{_words(text)}</Message>"


def say(text: str, language: str) -> str:
    """Speak this."""
    return f"<Say language={quoteattr(language)}>{_words(text)}</Say>" if text else ""


def record(*, action: str, reported_to: str, seconds: int, transcribed_to: str = "") -> str:
    """Record the caller after the tone, ask ``action`` how to go on, and report the recording."""
    how = f'maxLength="{seconds}" playBeep="true" trim="trim-silence" timeout="5"'
    where = (
        f"action={quoteattr(action)} recordingStatusCallback={quoteattr(reported_to)}"
        ' recordingStatusCallbackEvent="completed"'
    )
    if not transcribed_to:
        return f"<Record {how} {where}/>"
    return (
        f'<Record {how} {where} transcribe="true" transcribeCallback={quoteattr(transcribed_to)}/>'
    )


def dial(number: str, *, action: str, seconds: int) -> str:
    """Ring that phone, then ask ``action`` how to go on."""
    return f'<Dial timeout="{seconds}" action={quoteattr(action)}>{_words(number)}</Dial>'


HANG_UP = "<Hangup/>"


def _words(text: str) -> str:
    """Text for XML: control characters are not allowed there at all."""
    return escape("".join(each for each in text if each >= " " or each in "\n\t"))
