"""The page that starts the agent app: for every address, with a policy that fits its script."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.spa import script_hashes

SCRIPT = "\n\t\t{ start(); }\n\t"
PAGE = f'<!doctype html><script src="/a.js"></script><div></div><script>{SCRIPT}</script>'


@pytest.fixture
def build(tmp_path: Path, settings: Any) -> Path:
    """A folder as the build makes it."""
    (tmp_path / "index.html").write_text(PAGE)
    settings.APP_BUILD_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/inbox/mine", "/tickets/1042", "/settings/channels"])
def test_every_address_of_the_app_is_the_same_page(build: Path, client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content.decode() == PAGE
    assert answer["Cache-Control"] == "no-cache"
    assert "csrftoken" in answer.cookies


def test_exactly_the_inline_script_of_the_page_may_run(build: Path, client: Client):
    policy = client.get("/")["Content-Security-Policy"]
    expected = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{expected}'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert script_hashes(PAGE) == [f"'sha256-{expected}'"]


def test_a_new_build_is_noticed(build: Path, client: Client):
    client.get("/")
    (build / "index.html").write_text("<p>new</p>")
    assert client.get("/").content == b"<p>new</p>"


@pytest.mark.parametrize(
    "path",
    ["/api/v2/tickets", "/api/v1/nothing", "/_app/gone.js", "/x.js", "/hooks/x", "/ws/agent"],
)
def test_what_is_not_the_app_is_not_answered_with_its_page(build: Path, client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_missing_build_says_what_to_do(tmp_path: Path, settings: Any, client: Client):
    settings.APP_BUILD_DIR = tmp_path / "none"
    answer = client.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.content.decode()


def test_the_page_is_only_read(build: Path, client: Client):
    assert client.post("/").status_code == 405
