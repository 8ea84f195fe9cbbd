"""Discord: forum posts, threads and channels of a server, and direct messages to its bot."""
