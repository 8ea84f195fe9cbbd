"""Our own widget on the shop's pages, seen as a channel like any other."""
