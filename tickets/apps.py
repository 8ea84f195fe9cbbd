from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what listens to the event log."""
        from tickets.actions import hand_out, hand_over  # noqa: F401 (subscribe)
