from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "automation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what listens to the event log."""
        from automation import (
            numbers,
            order_approvals,  # noqa: F401 (subscribes, hears buttons)
        )
        from automation.csat import (
            arrivals,  # noqa: F401 (reads answers)
            surveys,  # noqa: F401 (subscribes)
        )
        from automation.macros import (
            bulk,  # noqa: F401 (registers)
            gate,
            loyalty,  # noqa: F401 (fills values)
            sending,  # noqa: F401 (subscribes)
        )
        from automation.reports import subscriber  # noqa: F401 (subscribes)
        from automation.rules import (
            engine,  # noqa: F401 (subscribes)
            search,  # noqa: F401 (makes runs findable)
            team_alerts,  # noqa: F401 (subscribes)
            timers,  # noqa: F401 (subscribes)
        )
        from automation.sla import (
            alerts,  # noqa: F401 (subscribes)
            clock,  # noqa: F401 (subscribes)
            firing,  # noqa: F401 (a task)
        )
        from tickets.actions.reply import before_writing
        from tickets.api.mail_frame import link_in_mails

        link_in_mails(numbers.links_of)
        before_writing(gate.check_outgoing)
