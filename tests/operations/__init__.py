"""Aftercare as an operator meets it: real processes, real commands, settings and logs."""
