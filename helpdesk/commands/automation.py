"""``automation export`` and ``automation import``: rules and macros as text that people review."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk.lib.errors import InvalidInput

if TYPE_CHECKING:
    from helpdesk.accounts.models import Organization


def export_file(name: str, *, organization: str | None) -> None:
    """Write the text to the file, or to standard output for ``-``."""
    from automation.rules.exchange.export import export_automation

    text = export_automation(_owner(organization))
    if name == "-":
        sys.stdout.write(text)
    else:
        Path(name).write_text(text, "utf-8")


def import_file(name: str, *, organization: str | None, is_rehearsal: bool) -> str:
    """Take the file in and say what changed; raises InvalidInput naming every wrong place."""
    from automation.rules.exchange.reading import import_automation

    text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
    try:
        changes = import_automation(
            _owner(organization), text, user=None, is_rehearsal=is_rehearsal
        )
    except InvalidInput as error:
        lines = [f"{each.path}: {each.message}" for each in error.errors]
        raise InvalidInput("\n".join(["Nothing was changed.", *lines])) from error
    lines = []
    for each in changes:
        if each.change != "same":
            lines.append(f"{each.change}: {each.kind} “{each.name}”")
            lines += [f"    {line}" for line in each.diff.splitlines()]
    same = sum(each.change == "same" for each in changes)
    verb = "would change" if is_rehearsal else "changed"
    return "\n".join([*lines, f"{len(changes) - same} {verb}, {same} as they are."])


def _owner(slug: str | None) -> Organization:
    from helpdesk.accounts.models import Organization

    owners = Organization.objects.order_by("created_at")
    owner = (owners.filter(slug=slug) if slug else owners).first()
    if owner is None:
        raise InvalidInput.field("organization", "There is no such organization.")
    return owner
