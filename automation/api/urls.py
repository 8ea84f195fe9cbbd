"""Addresses of rules, macros, surveys and reports, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from automation.api import (
    customers,
    dry_runs,
    intents,
    macros,
    order_approvals,
    rule_drafts,
    rules,
    surveys,
)

urlpatterns = [
    path("rules", rules.RuleList.as_view()),
    path("rules/vocabulary", rules.RuleVocabulary.as_view()),
    path("rules/dry-runs", dry_runs.DryRunList.as_view()),
    path("rules/dry-runs/<uuid:run_id>", dry_runs.DryRunDetail.as_view()),
    path("rules/lint", rule_drafts.RuleLint.as_view()),
    path("rules/webhook-secret", rule_drafts.RuleWebhookSecret.as_view()),
    path("rules/order", rules.RuleOrder.as_view()),
    path("rules/templates", rule_drafts.RuleTemplates.as_view()),
    path("rules/templates/<slug:key>/install", rule_drafts.RuleTemplateInstall.as_view()),
    path("rules/<uuid:rule_id>", rules.RuleDetail.as_view()),
    path("rules/<uuid:rule_id>/draft", rule_drafts.RuleDraft.as_view()),
    path("rules/<uuid:rule_id>/publish", rule_drafts.RulePublish.as_view()),
    path("rules/<uuid:rule_id>/versions", rule_drafts.RuleVersions.as_view()),
    path("rules/<uuid:rule_id>/versions/<int:number>/restore", rule_drafts.RuleRestore.as_view()),
    path("rules/<uuid:rule_id>/runs", rules.RuleRuns.as_view()),
    path("rule-runs/<uuid:run_id>", rules.RuleRunDetail.as_view()),
    path("rule-runs/<uuid:run_id>/undo", rules.RuleRunUndo.as_view()),
    path("tickets/<uuid:ticket_id>/rule-runs", rules.TicketRuleRuns.as_view()),
    path("tickets/<uuid:ticket_id>/rules/<uuid:rule_id>/run", rules.TicketRunRule.as_view()),
    path("tickets/<uuid:ticket_id>/timers/<uuid:timer_id>", rules.TicketTimer.as_view()),
    path("tickets/<uuid:ticket_id>/skip-survey", surveys.TicketSurveySkip.as_view()),
    path("macros", macros.MacroList.as_view()),
    path("macros/check", macros.MacroCheck.as_view()),
    path("macros/import", macros.MacroImport.as_view()),
    path("macros/preview", macros.MacroPreview.as_view()),
    path("macros/vocabulary", macros.MacroVocabulary.as_view()),
    path("macros/<uuid:macro_id>", macros.MacroDetail.as_view()),
    path("macros/<uuid:macro_id>/render", macros.MacroRender.as_view()),
    path("macros/<uuid:macro_id>/versions", macros.MacroVersions.as_view()),
    path("macros/<uuid:macro_id>/versions/<int:number>/restore", macros.MacroRestore.as_view()),
    path("tickets/<uuid:ticket_id>/numbers", customers.TicketNumbers.as_view()),
    path("tickets/<uuid:ticket_id>/macros", macros.TicketMacros.as_view()),
    path("customers/<uuid:customer_id>/history", customers.CustomerHistory.as_view()),
    path("customers/<uuid:customer_id>/possible", customers.CustomerPossible.as_view()),
    path("customers/<uuid:customer_id>/export", customers.CustomerExport.as_view()),
    path("order-limits/approvals", order_approvals.OrderApprovals.as_view()),
    path("intents", intents.IntentList.as_view()),
    path("messages/<uuid:message_id>/intent", intents.MessageIntent.as_view()),
    path("reports/intents", intents.IntentAccuracy.as_view()),
    path("reports/csat", surveys.CsatReport.as_view()),
]
