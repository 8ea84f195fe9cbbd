"""Trustpilot: reviews of the shop, answered in public."""
