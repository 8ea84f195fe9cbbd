"""TikTok: comments under the shop's ads, as far as the public API goes."""
