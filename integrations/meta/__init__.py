"""Messenger, Facebook pages and Instagram, by Meta's Graph API."""
