from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "integrations.chat"
    label = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what listens to the event log and what the sweep does."""
        from integrations.chat import (
            following,  # noqa: F401 (subscribes)
            leaving,  # noqa: F401 (sweeps)
        )
