"""From here on the database itself keeps audit entries as they were written."""

from django.db import migrations

from clinic_site.core import append_only


class Migration(migrations.Migration):
    dependencies = [("core", "0006_desk_and_audit")]
    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: append_only.install(schema_editor.connection),
            lambda apps, schema_editor: append_only.remove(schema_editor.connection),
        )
    ]
