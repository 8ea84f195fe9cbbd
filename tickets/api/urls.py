"""Addresses under /api/v1/ of tickets and what belongs to them."""

from __future__ import annotations

from django.urls import path

from tickets.api import (
    attachments,
    custom_fields,
    customers,
    mail_frame,
    messages,
    signature,
    tickets,
    views,
)

urlpatterns = [
    path("channels/<uuid:channel_id>/signature", signature.SignaturePreview.as_view()),
    path("tickets", tickets.TicketList.as_view()),
    path("tickets/next", tickets.NextOne.as_view()),
    path("loads", tickets.LoadList.as_view()),
    path("tickets/by-number/<int:number>", tickets.TicketByNumber.as_view()),
    path("tickets/<uuid:ticket_id>", tickets.TicketDetail.as_view()),
    path("tickets/<uuid:ticket_id>/follow", tickets.TicketFollow.as_view()),
    path("tickets/<uuid:ticket_id>/messages", messages.TicketMessages.as_view()),
    path("tickets/<uuid:ticket_id>/drafts", messages.ColleagueDrafts.as_view()),
    path("tickets/<uuid:ticket_id>/drafts/<str:mode>/take-over", messages.TakeOverDraft.as_view()),
    path("tickets/<uuid:ticket_id>/drafts/<str:mode>", messages.TicketDraft.as_view()),
    path("messages/<uuid:message_id>/html", mail_frame.MessageHtml.as_view()),
    path("mail-images/<str:token>", mail_frame.MailImage.as_view()),
    path("attachments", attachments.AttachmentUpload.as_view()),
    path("attachments/<uuid:attachment_id>", attachments.AttachmentFile.as_view()),
    path("customers", customers.CustomerList.as_view()),
    path("customers/<uuid:customer_id>", customers.CustomerDetail.as_view()),
    path("customers/<uuid:customer_id>/tickets", customers.CustomerTickets.as_view()),
    path("customers/<uuid:customer_id>/figures", customers.CustomerFiguresView.as_view()),
    path("customers/<uuid:customer_id>/handles", customers.CustomerHandles.as_view()),
    path(
        "customers/<uuid:customer_id>/handles/<uuid:handle_id>", customers.CustomerHandle.as_view()
    ),
    path("customers/<uuid:customer_id>/notes", customers.CustomerNotes.as_view()),
    path("customers/<uuid:customer_id>/merge", customers.CustomerMergeView.as_view()),
    path("customers/<uuid:customer_id>/merge/preview", customers.CustomerMergePreview.as_view()),
    path("customers/<uuid:customer_id>/apart", customers.CustomerApart.as_view()),
    path("customer-notes/<uuid:note_id>", customers.CustomerNoteDetail.as_view()),
    path("customer-merges/<uuid:merge_id>/undo", customers.CustomerMergeUndo.as_view()),
    path("custom-fields", custom_fields.CustomFieldList.as_view()),
    path("custom-fields/<uuid:field_id>", custom_fields.CustomFieldDetail.as_view()),
    path("tickets/<uuid:ticket_id>/joinable", customers.TicketJoinable.as_view()),
    path("tickets/<uuid:ticket_id>/apart", customers.TicketApart.as_view()),
    path("views", views.ViewList.as_view()),
    path("views/counts", views.ViewCounts.as_view()),
]
