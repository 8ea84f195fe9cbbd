"""The house keeps its shape where import contracts cannot look."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("helpdesk", "tickets", "inbox", "automation", "integrations")
NOT_CONNECTORS = {"commerce", "migrations", "__pycache__"}
MAY_OPEN_BUT_NOT_RECORD = (
    "inbox",
    "integrations/chat",
    "integrations/demo_store",
    "integrations/email",
)


def contract(name):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(each for each in contracts if each["name"] == name)


def names_imported(path, module):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (alias.name for alias in node.names)


def test_every_connector_folder_is_in_both_contracts():
    folders = {path.name for path in (ROOT / "integrations").iterdir() if path.is_dir()}
    connectors = {f"integrations.{name}" for name in folders - NOT_CONNECTORS}

    independent = set(contract("Connectors do not know each other")["modules"])
    layers = " : ".join(contract("One-way layers")["layers"])
    layered = {word.strip("()") for word in layers.replace("|", ":").split(" : ")}

    assert connectors <= independent
    assert connectors <= layered


def test_the_doors_open_units_of_work_and_record_no_event_themselves():
    recording = [
        str(path.relative_to(ROOT))
        for folder in MAY_OPEN_BUT_NOT_RECORD
        for path in (ROOT / folder).rglob("*.py")
        if "record" in names_imported(path, "helpdesk.events.outbox")
    ]

    assert recording == []


def test_nobody_uses_django_signals():
    users = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for module in ("django.dispatch", "django.db.models.signals")
        if list(names_imported(path, module))
    ]

    assert users == []


def test_there_is_no_module_for_leftovers():
    leftovers = {"utils.py", "helpers.py", "manager.py", "managers.py", "misc.py", "common.py"}
    found = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name in leftovers
    ]

    assert found == []


def test_every_folder_of_code_is_a_package():
    missing = [
        str(path.parent.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    ]

    assert sorted(set(missing)) == []
