"""Decide, plan and send surveys: at most one per resolution, with the reason when there is none."""
