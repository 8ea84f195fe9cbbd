"""Bluesky: mentions, replies, quotes and direct messages."""
