"""Endpoints of the signed-in person, and what all endpoints have in common."""
