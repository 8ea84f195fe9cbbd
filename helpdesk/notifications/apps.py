from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "helpdesk.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from helpdesk.notifications import mail, orders, rules, stores, subscriber  # noqa: F401 (they register here)
