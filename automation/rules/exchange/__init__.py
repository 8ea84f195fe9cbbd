"""Automation as text: rules, macros and the tags they need, to review, keep and take elsewhere."""
