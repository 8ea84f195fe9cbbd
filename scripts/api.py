"""`make api`: write openapi.json, catalog.json and the TypeScript made from them.

All four are committed; `make check` makes them afresh and fails when they differ.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from scripts.steps import FRONTEND, ROOT, VENV_BIN, StepFailed, run, say

GENERATED = {
    "openapi.json": Path("openapi.json"),
    "catalog.json": Path("catalog.json"),
    "schema.d.ts": Path("frontend/shared/api/src/schema.d.ts"),
    "catalog.ts": Path("frontend/shared/api/src/catalog.ts"),
}
"""What is made, and where it is committed."""


def main() -> int:
    """Write everything to its place; with --check only name what is out of date, and end with 1."""
    try:
        return check() if "--check" in sys.argv else write()
    except StepFailed as failure:
        say(str(failure))
        return 1


def check() -> int:
    """Name the committed files that are out of date."""
    with tempfile.TemporaryDirectory(prefix="aftercare-api-") as folder:
        found = drift(Path(folder))
    for name in found:
        say(f"{name} is out of date, run `make api`")
    return 1 if found else 0


def write() -> int:
    """Write everything to its place."""
    for name, content in generate(ROOT / "var" / "api").items():
        place = ROOT / GENERATED[name]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        say(f"{GENERATED[name]} written")
    return 0


def generate(workshop: Path) -> dict[str, str]:
    """The content of each generated file by name; ``workshop`` is a folder for passing results.

    Raises StepFailed when the schema has warnings or a generator fails.
    """
    workshop.mkdir(parents=True, exist_ok=True)
    write_openapi(workshop / "openapi.json")
    made = {"openapi.json": (workshop / "openapi.json").read_text(), **catalog_files()}
    if (FRONTEND / "node_modules" / ".bin" / "openapi-typescript").exists():
        made |= typescript_files(workshop, made["catalog.ts"])
    return made


def drift(workshop: Path) -> list[str]:
    """The committed files that differ from what is made today, or are not there."""
    return [
        str(GENERATED[name])
        for name, content in generate(workshop).items()
        if not (ROOT / GENERATED[name]).is_file() or (ROOT / GENERATED[name]).read_text() != content
    ]


def write_openapi(target: Path) -> None:
    """The API's description; every warning of drf-spectacular is an error."""
    run(
        VENV_BIN / "python", "-m", "django", "spectacular", "--validate", "--fail-on-warn",
        "--format", "openapi-json", "--file", target,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def catalog_files() -> dict[str, str]:
    """The event catalogue as JSON and as TypeScript."""
    from scripts import catalog

    return {"catalog.json": catalog.as_json(), "catalog.ts": catalog.as_typescript()}


def typescript_files(workshop: Path, catalog_typescript: str) -> dict[str, str]:
    """The API's types, and both files in the form that prettier gives them."""
    tools = FRONTEND / "node_modules" / ".bin"
    schema, catalog = workshop / "schema.d.ts", workshop / "catalog.ts"
    catalog.write_text(catalog_typescript)
    run(tools / "openapi-typescript", workshop / "openapi.json", "--output", schema)
    configuration = FRONTEND / ".prettierrc.json"
    run(
        tools / "prettier", "--log-level", "warn", "--config", configuration, "--no-editorconfig",
        "--ignore-path", os.devnull, "--write", schema, catalog, cwd=FRONTEND,
    )  # fmt: skip
    return {"schema.d.ts": schema.read_text(), "catalog.ts": catalog.read_text()}


if __name__ == "__main__":
    sys.exit(main())
