"""Telling people what happened on their tickets: below the bell, on the desktop, by e-mail.

A subscriber of the event log writes one row per person and event, so it may run twice. It sits
above tickets and inbox (it reads their events and lets mail leave) and below nobody but the page.
"""
