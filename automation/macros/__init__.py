"""Macros: texts filled from order, customer, ticket and agent, with actions beside them."""
