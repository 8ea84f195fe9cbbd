import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_order_data_age"),
        ("commerce", "0006_look_ups"),
        ("tickets", "0014_order_picked"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalRoom",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                ("place", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=90)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.channel",
                    ),
                ),
            ],
        ),
    ]
