"""Slack: shared channels and direct messages with customers."""
