"""Addresses under /api/v1/ of tickets and what belongs to them."""

from __future__ import annotations

from django.urls import path

from tickets.api import attachments, customers, mail_frame, messages, signature, tickets, views

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
    path("views", views.ViewList.as_view()),
    path("views/counts", views.ViewCounts.as_view()),
]
