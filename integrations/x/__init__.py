"""X: posts that mention or answer us, and direct messages, by its API version 2."""
