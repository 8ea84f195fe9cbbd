from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from inbox import delivery, reach  # noqa: F401 (delivery registers its subscriber)
        from tickets.actions.reply import before_sending

        before_sending(reach.check)
