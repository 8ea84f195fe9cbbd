"""YouTube: comments under the shop's videos."""
