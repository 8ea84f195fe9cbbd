from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0002_delivery_checks_delivery_worker"),
    ]

    operations = [
        migrations.AddField(
            model_name="rawinbound",
            name="worker",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
