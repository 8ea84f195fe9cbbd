"""Rules: when something happens and conditions hold, act on the ticket; every run explained."""
