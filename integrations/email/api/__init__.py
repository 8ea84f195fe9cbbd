"""Endpoints of channels; e-mail is the only kind there is so far."""
