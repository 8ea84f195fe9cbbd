"""Where Django finds the models of automation; each lives with its noun."""

from automation.corrections.models import IntentCorrection
from automation.csat.models import (
    CsatOptOut,
    CsatSurvey,
    SurveyExclusion,
    SurveySettings,
    SurveyState,
)
from automation.macros.models import Macro, MacroUse, MacroVersion
from automation.reports.models import (
    ClosingFigures,
    FiguresState,
    MessageFigures,
    ReportMail,
    ReportSchedule,
    TicketFigures,
)
from automation.rules.models import (
    DryRun,
    Rule,
    RuleRun,
    RuleTimer,
    RuleVersion,
    RunOutcome,
    WebhookCall,
)
from automation.sla.models import BusinessCalendar, CalendarUse, SlaClock, SlaPolicy

__all__ = [
    "BusinessCalendar",
    "CalendarUse",
    "ClosingFigures",
    "CsatOptOut",
    "CsatSurvey",
    "DryRun",
    "FiguresState",
    "IntentCorrection",
    "Macro",
    "MacroUse",
    "MacroVersion",
    "MessageFigures",
    "ReportMail",
    "ReportSchedule",
    "Rule",
    "RuleRun",
    "RuleTimer",
    "RuleVersion",
    "RunOutcome",
    "SlaClock",
    "SlaPolicy",
    "SurveyExclusion",
    "SurveySettings",
    "SurveyState",
    "TicketFigures",
    "WebhookCall",
]
