"""BigCommerce: orders refetched on thin calls, refunds by quote, everything one after the other."""
