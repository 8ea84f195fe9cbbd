"""Language, intent and sentiment of a customer's message."""
