"""Where Django finds the models of automation; each lives with its noun."""

from automation.csat.models import CsatOptOut, CsatSurvey, SurveyExclusion, SurveyState
from automation.macros.models import Macro, MacroUse, MacroVersion
from automation.rules.models import Rule, RuleRun, RunOutcome

__all__ = [
    "CsatOptOut",
    "CsatSurvey",
    "Macro",
    "MacroUse",
    "MacroVersion",
    "Rule",
    "RuleRun",
    "RunOutcome",
    "SurveyExclusion",
    "SurveyState",
]
