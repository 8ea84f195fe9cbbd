"""What `aftercare train-intents` says."""

from __future__ import annotations

from automation.corrections.training import Training


def told(training: Training) -> str:
    """The outcome in a few lines, with the figures it was decided on."""
    lines = [f"{training.corrections} corrected messages still have the words that were judged."]
    found = training.adapted
    if found is not None:
        lines += [
            f"Held-out corrections: {found.right_before} of {found.held_out} right before, "
            f"{found.right_after} after.",
            f"Sentences known before: {found.control_before} of {found.control} right before, "
            f"{found.control_after} after; "
            f"false cancellations {found.false_cancels_before} and {found.false_cancels_after}.",
        ]
    if training.is_kept:
        lines.append(f"Weights {training.version} are in use from now on.")
    else:
        lines.append(f"Nothing changed: {training.reason}.")
    return "\n".join(lines)
