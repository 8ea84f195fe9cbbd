"""Endpoints of tickets, messages, customers and views: parse, authorise, call, answer."""
