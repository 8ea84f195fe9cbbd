"""A vendor's API on loopback: judges what we ask by the vendor's own contract, answers as told.

``vendor`` fixture:

    vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="sms")
    vendor.answers("POST", r"/Messages\\.json$", 201, {"sid": "SM1"})
    ...
    assert vendor.asked("POST", r"/Messages\\.json$") == 1

A request that the contract refuses gets 422 from the vendor and fails the test at its end, unless
``vendor.may_refuse = True``. Every verdict is a line of the table that ``make contracts`` prints:
they are appended to $AFTERCARE_CONTRACTS_OUT.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from helpdesk.lib import http

CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"

Verdict = tuple[str, list[str]]
"""The operation as the contract names it (``POST /2010-04-01/Accounts/{Sid}/Messages.json``), and
what is wrong with the request: nothing, if it obeys."""
JudgeOf = Callable[["Asked"], Verdict]

HANG_UP = "hang up"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Planned:
    """What to answer; ``times`` None is for ever. A callable gets the request and answers for it."""

    method: str
    pattern: re.Pattern[str]
    status: int
    data: Any
    headers: dict[str, str]
    times: int | None = None
    seconds: float = 0.0
    body_pattern: re.Pattern[str] | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether this is the answer to that request."""
        if self.method != asked.method or not self.pattern.search(asked.path):
            return False
        wanted = self.body_pattern
        return wanted is None or bool(wanted.search(asked.body.decode(errors="replace")))


@dataclass
class VendorServer:
    """The vendor. ``requests`` is all that was asked, oldest first."""

    url: str
    connector: str = ""
    judge: JudgeOf | None = None
    requests: list[Asked] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    may_refuse: bool = False
    _planned: list[Planned] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def obeys(
        self,
        contract: str,
        *,
        connector: str,
        prefix: str = "",
        relax: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """Judge requests by an OpenAPI or Swagger file below ../shared/contracts.

        ``prefix`` is the part of our path that the contract leaves out (``/api/v10``). ``relax``
        may repair what is a known mistake of the file (contracts/README.md names them). The test
        is skipped where the file is not there.
        """
        self.judged_by(open_api_judge(contract, relax=relax), connector=connector, prefix=prefix)

    def judged_by(self, judge: JudgeOf, *, connector: str, prefix: str = "") -> None:
        """Judge requests by a function: for vendors whose contract has a form of its own."""
        self.connector = connector

        def without_prefix(asked: Asked) -> Verdict:
            target = asked.target.removeprefix(prefix)
            return judge(Asked(asked.method, target, asked.headers, asked.body))

        self.judge = without_prefix

    def answers(
        self,
        method: str,
        pattern: str,
        status: int = 200,
        data: Any = None,
        *,
        headers: dict[str, str] | None = None,
        times: int | None = None,
        seconds: float = 0.0,
        body_pattern: str | None = None,
    ) -> None:
        """Plan an answer for requests whose path matches; the newest plan is asked first.

        ``body_pattern`` narrows it to bodies that hold it, where everything is asked at one address.

        ``data``: JSON, bytes, HANG_UP (no answer at all), or a function of the request that
        returns (status, data). ``seconds`` is how long the vendor thinks.
        """
        wanted = None if body_pattern is None else re.compile(body_pattern)
        plan = Planned(
            method, re.compile(pattern), status, data, headers or {}, times, seconds, wanted
        )
        with self._lock:
            self._planned.insert(0, plan)

    def is_given_up_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Our client waits a second where this vendor thinks before it answers, else as ever.

        Only those: a machine that stands still for a moment must not lose another answer.
        """
        fetch = http.fetch

        def impatient(url: str, **request: Any) -> http.Answer:
            asked = Asked(request.get("method", "GET"), url, {}, request.get("content") or b"")
            plan = next((each for each in self._planned if each.fits(asked)), None)
            if plan is not None and plan.seconds:
                request["timeout_seconds"] = 1.0
            return fetch(url, **request)

        monkeypatch.setattr(http, "fetch", impatient)

    def asked(self, method: str, pattern: str) -> int:
        """How many requests of this kind came."""
        return len(self.all(method, pattern))

    def all(self, method: str, pattern: str) -> list[Asked]:
        """The requests of this kind, oldest first."""
        wanted = re.compile(pattern)
        return [
            each for each in self.requests if each.method == method and wanted.search(each.path)
        ]

    def last(self, method: str, pattern: str) -> Asked:
        """The newest request of this kind; raises IndexError."""
        return self.all(method, pattern)[-1]

    def take(self, asked: Asked) -> tuple[int, Any, dict[str, str], float]:
        """Judge and answer one request."""
        with self._lock:
            self.requests.append(asked)
            wrong = self._judged(asked)
            if wrong:
                self.refusals.append(f"{asked.method} {asked.target}: {'; '.join(wrong)}")
                return 422, {"error": {"message": "; ".join(wrong)}}, {}, 0.0
            plan = self._plan_for(asked)
        if plan is None:
            return 404, {"error": {"message": "The test plans no answer for this."}}, {}, 0.0
        if callable(plan.data):
            status, data = plan.data(asked)
            return status, data, plan.headers, plan.seconds
        return plan.status, plan.data, plan.headers, plan.seconds

    def _judged(self, asked: Asked) -> list[str]:
        if self.judge is None:
            return []
        operation, wrong = self.judge(asked)
        _note(self.connector, operation, wrong)
        return wrong

    def _plan_for(self, asked: Asked) -> Planned | None:
        for plan in self._planned:
            if plan.fits(asked):
                if plan.times is not None:
                    plan.times -= 1
                    if plan.times == 0:
                        self._planned.remove(plan)
                return plan
        return None


@pytest.fixture
def vendor(settings: Any) -> Iterator[VendorServer]:
    """A vendor that our one HTTP client may reach. Nothing is judged before the test says by what."""
    with vendor_at() as place:
        settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, f"{place.url}/"]
        yield place


@contextmanager
def vendor_at(port: int = 0) -> Iterator[VendorServer]:
    """A vendor that answers on this port of loopback, or on any free one."""
    server, thread = _serve(port)
    place = VendorServer(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.vendor = place  # type: ignore[attr-defined]
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert place.may_refuse or place.refusals == []


def open_api_judge(
    contract: str, *, relax: Callable[[dict[str, Any]], None] | None = None
) -> JudgeOf:
    """A judge by an OpenAPI or Swagger file; skips the test where ../shared/contracts is not."""
    path = contract_file(contract)
    judge = _judge(str(path)) if relax is None else _relaxed(str(path), relax)

    def verdict(asked: Asked) -> Verdict:
        code, reasons, operation = judge.check(
            asked.method, asked.target, asked.headers, asked.body
        )
        name = _operation_name(judge, asked) if operation is not None else asked.path
        return f"{asked.method} {name}", [] if code == 0 else [f"{code}", *reasons]

    return verdict


def contract_file(name: str) -> Path:
    """The file below ../shared/contracts; the test is skipped where it is not there."""
    path = CONTRACTS / name
    if not path.exists():
        pytest.skip("../shared/contracts is not beside this checkout")
    return path


@cache
def judge_module() -> ModuleType:
    """The judge that lies beside the contracts."""
    spec = importlib.util.spec_from_file_location("contract_judge", contract_file("judge.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _judge(path: str) -> Any:
    return judge_module().Judge(_document(path))


def _document(path: str) -> Any:
    """The contract. The judge beside it leaves closing its files to Python, which is no fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return judge_module().load(path)


@cache
def _relaxed(path: str, relax: Callable[[dict[str, Any]], None]) -> Any:
    document = _document(path)
    relax(document)
    return judge_module().Judge(document)


def _operation_name(judge: Any, asked: Asked) -> str:
    for _, method, template, pattern, *_rest in judge.routes:
        if method == asked.method.lower() and pattern.match(asked.path):
            return str(template)
    return asked.path


def _note(connector: str, operation: str, wrong: list[str]) -> None:
    out = os.environ.get("AFTERCARE_CONTRACTS_OUT")
    if not out:
        return
    line = json.dumps({"connector": connector, "operation": operation, "wrong": wrong}) + "\n"
    handle = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


class _Handler(BaseHTTPRequestHandler):
    def _any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command, self.path, {k.lower(): v for k, v in self.headers.items()},
            self.rfile.read(size),
        )  # fmt: skip
        status, data, headers, seconds = self.server.vendor.take(asked)  # type: ignore[attr-defined]
        if seconds:
            threading.Event().wait(seconds)
        if data == HANG_UP:
            self.close_connection = True
            return
        content = data if isinstance(data, bytes) else b"" if data is None else _dumped(data)
        try:
            self.send_response(status)
            named = {each.lower() for each in headers}
            if "content-type" not in named and not isinstance(data, bytes):
                self.send_header("Content-Type", "application/json")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 (the library's names)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def _dumped(data: Any) -> bytes:
    return json.dumps(data).encode()


def _serve(port: int) -> tuple[ThreadingHTTPServer, threading.Thread]:
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.daemon = True
    thread.start()
    return server, thread
