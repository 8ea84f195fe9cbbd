"""Customer satisfaction: one survey per resolution, answered on a page of its own."""
