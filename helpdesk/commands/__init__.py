"""What ``aftercare …`` does, a file per family of commands. Plain functions; cli.py parses."""
