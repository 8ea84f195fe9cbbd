"""Every connector says what it can and how good it is, and what it says is backed by its code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpdesk.lib.filling_in import made_up_by_us
from inbox.connector import (
    ChannelConnector,
    FetchesFiles,
    KnowsPeople,
    Moderates,
    Polls,
    SetsUp,
    TakesWebhooks,
    get_connector,
    manifests,
)
from integrations.commerce.acting import ActionKind, ActsOnOrders
from integrations.commerce.connector import (
    ConnectsStore,
    StoreConnector,
    TakesStoreWebhooks,
    get_store_connector,
    store_manifests,
)
from tests.contracts.vendor import CONTRACTS

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "authenticity", "duplicates", "out_of_order", "echoes", "edits", "deletions", "files_in",
    "files_out", "rate_limit", "expired_token", "uncertain_outcome", "delivery_reports", "health",
    "disconnect",
}  # fmt: skip
STORE_CHECKS = {
    "normal_form", "pages", "authenticity", "duplicates", "out_of_order", "rate_limit",
    "expired_token", "uncertain_outcome", "idempotency", "refusals", "erasure", "health",
    "disconnect",
}  # fmt: skip
"""What a store connector shows; “not offered: …” says why it cannot."""
METHODS: dict[str, type] = {"webhooks": TakesWebhooks, "polls": Polls, "moderates": Moderates}
GROUPS = {"mail", "chat", "phone", "social", "community", "other"}
PLACES = {"hook_url", "public_url"}


def folders() -> dict[Path, list[ChannelConnector]]:
    """The connectors that are registered, by the folder of their code."""
    found: dict[Path, list[ChannelConnector]] = {}
    for manifest in manifests():
        connector = get_connector(manifest.kind)
        parts = type(connector).__module__.split(".")
        if parts[0] == "integrations":
            found.setdefault(ROOT / "integrations" / parts[1], []).append(connector)
    return dict(sorted(found.items()))


def quality_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((folder / "quality.yaml").read_text())
    return values


@pytest.fixture(params=folders(), ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_it_has_its_manifest_its_words_and_its_checklist(folder: Path) -> None:
    assert (folder / "manifest.py").is_file()
    assert len((folder / "README.md").read_text().split()) > 40
    quality = quality_of(folder)
    kinds = quality["kind"] if isinstance(quality["kind"], list) else [quality["kind"]]
    assert sorted(kinds) == sorted(each.manifest.kind for each in folders()[folder])
    assert set(quality["checks"]) >= CHECKS
    assert all(each not in (None, "", False) for each in quality["checks"].values())


def test_its_tests_are_there_and_are_tests(folder: Path) -> None:
    named = quality_of(folder)["tests"]
    source, count = "", 0
    for place in named if isinstance(named, list) else [named]:
        path = ROOT / place
        for file in sorted(path.glob("test_*.py")) if path.is_dir() else [path]:
            source += file.read_text()
            count += sum(
                isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
                for each in ast.walk(ast.parse(file.read_text()))
            )
    assert "Contract)" in source or count >= 5


def test_its_contract_is_there_or_it_says_that_there_is_none(folder: Path) -> None:
    quality = quality_of(folder)
    named = quality["contract"]
    if not CONTRACTS.is_dir():
        pytest.skip("../shared/contracts is not beside this checkout")
    for path in named if isinstance(named, list) else [named]:
        assert path in ("none", "our own") or list(CONTRACTS.glob(path)), path
    assert str(quality["contract_source"]).startswith(
        ("vendor", "none", "our", "commun", "unofficial")
    )


def test_what_it_claims_is_what_it_can(folder: Path) -> None:
    checks = quality_of(folder)["checks"]
    if checks["delivery_reports"] is True:
        all_can = [each.manifest.capabilities for each in folders()[folder]]
        assert any("reports_status" in each for each in all_can)
    for connector in folders()[folder]:
        manifest = connector.manifest
        for capability, protocol in METHODS.items():
            assert (capability in manifest.capabilities) == isinstance(connector, protocol), (
                manifest.kind, capability,
            )  # fmt: skip
        is_asked = isinstance(connector, Polls | KnowsPeople)
        assert is_asked == (manifest.poll_seconds is not None)
        if checks["files_in"] is True and isinstance(connector, FetchesFiles):
            assert "files" in manifest.capabilities
        if checks["disconnect"] is True:
            assert isinstance(connector, SetsUp)


def test_a_person_can_set_it_up_from_its_manifest_alone(folder: Path) -> None:
    for connector in folders()[folder]:
        manifest = connector.manifest
        assert manifest.label
        assert manifest.summary.endswith(".")
        assert manifest.group in GROUPS
        known = PLACES | set(made_up_by_us(manifest))
        for step in manifest.steps:
            asked = {each.split("}")[0] for each in step.copy.split("{")[1:] if "}" in each}
            names = {each for each in asked if each.isidentifier()}
            assert names <= known, (manifest.kind, step.copy)
        for each in manifest.config:
            assert each.label
            assert each.type == "choice" or not each.choices


# --- Stores ---------------------------------------------------------------------------------------


def store_folders() -> dict[Path, list[StoreConnector]]:
    """The store connectors that are registered, by the folder of their code."""
    found: dict[Path, list[StoreConnector]] = {}
    for manifest in store_manifests():
        connector = get_store_connector(manifest.kind)
        parts = type(connector).__module__.split(".")
        if parts[0] == "integrations" and parts[1] != "demo_store":
            found.setdefault(ROOT / "integrations" / parts[1], []).append(connector)
    return dict(sorted(found.items()))


@pytest.fixture(params=store_folders(), ids=lambda folder: folder.name)
def store_folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_a_store_has_its_manifest_its_words_and_its_checklist(store_folder: Path) -> None:
    assert (store_folder / "manifest.py").is_file()
    assert len((store_folder / "README.md").read_text().split()) > 40
    quality = quality_of(store_folder)
    kinds = quality["kind"] if isinstance(quality["kind"], list) else [quality["kind"]]
    assert sorted(kinds) == sorted(each.manifest.kind for each in store_folders()[store_folder])
    assert set(quality["checks"]) >= STORE_CHECKS
    assert all(each not in (None, "", False) for each in quality["checks"].values())


def test_a_store_has_the_tests_of_the_kit(store_folder: Path) -> None:
    named = quality_of(store_folder)["tests"]
    source = ""
    for place in named if isinstance(named, list) else [named]:
        path = ROOT / place
        files = sorted(path.glob("test_*.py")) if path.is_dir() else [path]
        source += "".join(file.read_text() for file in files)
    is_shop = any(each.manifest.group == "shop" for each in store_folders()[store_folder])
    assert ("StoreConnectorContract)" if is_shop else "def test_") in source
    test_its_contract_is_there_or_it_says_that_there_is_none(store_folder)


def test_what_a_store_claims_is_what_it_can(store_folder: Path) -> None:
    for connector in store_folders()[store_folder]:
        manifest = connector.manifest
        can = manifest.capabilities
        assert can.webhooks == isinstance(connector, TakesStoreWebhooks), manifest.kind
        assert bool(can.actions) == isinstance(connector, ActsOnOrders), manifest.kind
        assert set(can.missing) == set(ActionKind) - set(can.actions), manifest.kind
        assert isinstance(connector, ConnectsStore), manifest.kind
        assert manifest.poll_seconds <= 900


def test_a_person_can_set_a_store_up_from_its_manifest_alone(store_folder: Path) -> None:
    for connector in store_folders()[store_folder]:
        manifest = connector.manifest
        assert manifest.label
        assert manifest.summary.endswith(".")
        made = {each.name for each in manifest.config if each.is_made}
        for step in manifest.steps:
            asked = {each.split("}")[0] for each in step.copy.split("{")[1:] if "}" in each}
            names = {each for each in asked if each.isidentifier()}
            assert names <= PLACES | {"verify_token"} | made, (manifest.kind, step.copy)
        for each in manifest.config:
            assert each.label
            assert each.type == "choice" or not each.choices
