"""Endpoints of what comes in and goes out: the inbound log, and deliveries that need a person."""
