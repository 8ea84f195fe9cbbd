"""Service levels: opening hours, targets by policy, and the clock that runs on every ticket."""
