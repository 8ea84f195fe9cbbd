from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from inbox import delivery, reach
        from tickets.actions.reply import after_writing_live, before_sending

        before_sending(reach.check)
        after_writing_live(delivery.send_at_once)
