"""What the killed workers of the outbound torture do, and how they may be broken on purpose."""

from __future__ import annotations

from helpdesk.events.dispatch import organizations_behind, run_subscribers
from inbox import delivery
from inbox.models import Delivery, DeliveryPhase


def work_until_done() -> None:
    """What a worker does: plan, recover, send, until nothing is left."""
    idle = 0
    while idle < 2:
        done = sum(run_subscribers(each) for each in organizations_behind())
        done += delivery.recover_claims()
        Delivery.objects.filter(phase=DeliveryPhase.TEMP_FAILED).update(due_at="2020-01-01T00:00Z")
        done += delivery.deliver_due(limit=5)
        idle = 0 if done else idle + 1


def resend_blindly() -> None:
    """Mutant: what died after the dot is sent again, as most helpdesks do."""

    def requeue(parked: Delivery, attempt: object, message: str) -> None:
        del attempt, message
        Delivery.objects.filter(pk=parked.pk).update(
            phase=DeliveryPhase.TEMP_FAILED, due_at="2020-01-01T00:00Z"
        )

    delivery._park = requeue  # type: ignore[assignment]


def forget_the_claim() -> None:
    """Mutant: the phase is not committed before the dot."""

    def send_on(claimed: Delivery) -> None:
        """Go on without committing anything."""

    delivery._begin_irreversible = send_on  # type: ignore[assignment]
