"""What the demo shop itself keeps: the orders that were changed there, and what it was asked.

This is the shop's side. Our copy of an order is ``commerce.Order`` and follows by reading.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from helpdesk.lib.clock import now


class ShopState(models.Model):
    """An order of the shop that is not any more (or never was) as the content files tell it."""

    store = models.ForeignKey("commerce.Store", models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=120)
    order = models.JSONField()
    shipping_refunded_minor = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "external_id"], name="shop_order_once"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ShopCall(models.Model):
    """One thing the shop was asked to do: the same key twice is the same thing, done once.

    ``state`` is waiting (a job), done or refused; a job is done when it is looked at after
    ``done_at``.
    """

    store = models.ForeignKey("commerce.Store", models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    external_id = models.CharField(max_length=120)
    step = models.CharField(max_length=20)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=10)
    answer = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "key"], name="shop_call_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.state}"
