"""Mastodon: mentions, direct posts and hashtags, on any server."""
