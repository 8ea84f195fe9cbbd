"""Every write to tickets, messages and customers; one file per verb, one unit of work each."""
