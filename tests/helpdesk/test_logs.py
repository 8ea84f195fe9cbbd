"""What is logged carries no personal data, whoever logs it."""

from __future__ import annotations

import logging

from helpdesk.logs import OUR_PACKAGES, _without_address, drop_personal_data


def test_values_of_personal_keys_are_left_out():
    event = {"event": "mail.seen", "subject": "My order", "token": "act_1", "raw_id": "r1", "n": 2}

    assert drop_personal_data(None, "info", event) == {
        "event": "mail.seen",
        "subject": "[left out]",
        "token": "[left out]",
        "raw_id": "r1",
        "n": 2,
    }


def test_addresses_and_the_databases_values_are_cut_out_of_what_libraries_say():
    event = {
        "event": "550 <mia+1@posteo.example>: no such mailbox",
        "exception": "UniqueViolation: duplicate key\nDETAIL:  Key (name)=(Mia Laurent) exists.\n",
    }

    cleaned = drop_personal_data(None, "error", event)

    assert cleaned["event"] == "550 <[address]>: no such mailbox"
    assert cleaned["exception"] == "UniqueViolation: duplicate key\nDETAIL: [left out]\n"


def test_a_failed_request_is_logged_without_its_path():
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "%s: %s",
        ("Internal Server Error", "/csat/secret-token"), None,
    )  # fmt: skip

    assert _without_address(record)
    assert record.getMessage() == "Internal Server Error"


def test_only_our_own_packages_may_say_more_than_warnings():
    for name in ("imapclient", "aiosmtpd", "urllib3", "asyncio", "celery", "django.request"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO), name
    assert logging.getLogger(OUR_PACKAGES[0]).isEnabledFor(logging.INFO)
