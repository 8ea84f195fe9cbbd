"""Endpoints of the person's own notifications."""
