from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def remember_what_platforms_told(apps: Any, schema_editor: Any) -> None:
    """So far nobody but the platform said anything of returns."""
    orders = apps.get_model("commerce", "Order").objects.exclude(return_status="")
    orders.update(told_return_status=models.F("return_status"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_order_data_age"),
        ("commerce", "0007_approval_room"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="told_return_status",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.RunPython(
            remember_what_platforms_told, migrations.RunPython.noop, elidable=True
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="credit_minor",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="currency",
            field=models.CharField(blank=True, default="", max_length=3),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="exchange_number",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="source",
            field=models.CharField(blank=True, default="", max_length=30),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="source_id",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AddField(
            model_name="orderreturn",
            name="status_url",
            field=models.CharField(blank=True, default="", max_length=1000),
        ),
        migrations.AlterField(
            model_name="orderreturn",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "Requested"),
                    ("approved", "Approved"),
                    ("in_transit", "On its way back"),
                    ("received", "Received"),
                    ("closed", "Closed"),
                    ("declined", "Declined"),
                    ("cancelled", "Cancelled"),
                    ("expired", "Expired"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="ReturnTrack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=30)),
                ("external_id", models.CharField(max_length=120)),
                ("order_ref", models.CharField(blank=True, default="", max_length=120)),
                ("number_key", models.CharField(blank=True, default="", max_length=60)),
                ("email", models.CharField(blank=True, default="", max_length=320)),
                ("number", models.CharField(blank=True, default="", max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("approved", "Approved"),
                            ("in_transit", "On its way back"),
                            ("received", "Received"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        max_length=20,
                    ),
                ),
                ("outcome", models.CharField(blank=True, default="", max_length=20)),
                ("requested_at", models.DateTimeField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("refund_minor", models.BigIntegerField(blank=True, null=True)),
                ("credit_minor", models.BigIntegerField(blank=True, null=True)),
                ("exchange_number", models.CharField(blank=True, default="", max_length=60)),
                ("label_url", models.CharField(blank=True, default="", max_length=1000)),
                ("status_url", models.CharField(blank=True, default="", max_length=1000)),
                ("carrier", models.CharField(blank=True, default="", max_length=80)),
                ("tracking_number", models.CharField(blank=True, default="", max_length=120)),
                ("lines", models.JSONField(blank=True, default=list)),
                ("source_updated_at", models.DateTimeField()),
                ("source_digest", models.CharField(blank=True, default="", max_length=64)),
                ("as_of", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="commerce.store",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "order_ref"], name="return_track_of_order"
                    ),
                    models.Index(
                        fields=["organization", "number_key"], name="return_track_of_number"
                    ),
                    models.Index(
                        condition=models.Q(("tracking_number", ""), _negated=True),
                        fields=["organization", "tracking_number"],
                        name="return_track_parcel",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "source", "external_id"),
                        name="return_track_known_once",
                    )
                ],
            },
        ),
    ]
