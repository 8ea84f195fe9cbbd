from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "integrations.commerce"
    label = "commerce"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what listens to the event log."""
        from integrations.commerce import (
            search,  # noqa: F401 (makes orders findable)
            waking,  # noqa: F401 (subscribes)
        )
        from integrations.commerce.profiles import (
            fields,  # noqa: F401 (lets people ask about them)
            noticing,  # noqa: F401 (subscribes)
            telling,  # noqa: F401 (subscribes)
        )
