"""Discord: forum posts, threads and channels of a server."""
