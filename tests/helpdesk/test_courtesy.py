"""Requests go before background work of the same process, for so long at most."""

from __future__ import annotations

import threading

from helpdesk.lib.courtesy import let_requests_go_first, request_in_hand


def test_work_goes_on_at_once_where_nobody_asks():
    assert let_requests_go_first(30)


def test_work_waits_for_the_last_request_and_no_longer():
    first, second = request_in_hand(), request_in_hand()
    first.__enter__()
    second.__enter__()
    came: list[bool] = []
    worker = threading.Thread(target=lambda: came.append(let_requests_go_first(30)))
    worker.start()
    first.__exit__(None, None, None)
    assert not let_requests_go_first(0.01)
    assert came == []
    second.__exit__(None, None, None)
    worker.join(10)
    assert came == [True]


def test_a_stream_of_requests_cannot_hold_work_up():
    with request_in_hand():
        assert not let_requests_go_first(0.01)
    assert let_requests_go_first(30)


def test_a_request_that_fails_is_over_too():
    try:
        with request_in_hand():
            raise OSError("gone")
    except OSError:
        pass
    assert let_requests_go_first(30)
