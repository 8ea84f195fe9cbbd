"""The connectors of this folder: SMS and voice. WhatsApp by Twilio is in integrations.whatsapp."""

from __future__ import annotations

import inbox.connector
from integrations.twilio.sms import SmsConnector
from integrations.twilio.voice import VoiceConnector


def register() -> None:
    """Make the connectors known; ``integrations.apps`` calls this at start."""
    inbox.connector.register(SmsConnector())
    inbox.connector.register(VoiceConnector())
