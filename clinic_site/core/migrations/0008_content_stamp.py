"""A row for each change of what readers see. Triggers write it: clinic_site.content_tables makes them after migrating."""

from django.db import migrations, models

from clinic_site.core import content_stamp


class Migration(migrations.Migration):
    dependencies = [("core", "0007_audit_append_only")]
    operations = [
        migrations.CreateModel(
            name="ContentChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.RunPython(
            migrations.RunPython.noop,
            # Without the table, they would refuse every change of a text.
            lambda apps, schema_editor: content_stamp.remove(schema_editor.connection),
        ),
    ]
