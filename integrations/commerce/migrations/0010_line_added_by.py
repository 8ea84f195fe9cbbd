from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0009_profiles"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="added_by",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
    ]
