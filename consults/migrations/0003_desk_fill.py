"""Give what stood before the desk the times it now goes by."""

from django.db import migrations
from django.db.models import F, Max
from django.db.models.functions import Coalesce
from django.utils import timezone


def fill(apps, schema_editor) -> None:
    """Requests wait since they were asked; what is finished ended with its last activity.

    Recipients that got mail until now need no code. Whoever was reached has a time of first contact.
    """
    requests = apps.get_model("consults", "ConsultRequest").objects
    requests.update(waiting_since=F("asked_at"))
    finished = requests.filter(stage__in=["booked", "closed"]).annotate(last_at=Max("activities__at"))
    for request in finished.iterator():
        requests.filter(pk=request.pk).update(finished_at=request.last_at or request.last_asked_at)
    requests.filter(stage__in=["in_touch", "booked"]).update(first_contact_at=Coalesce("first_contact_at", "asked_at"))
    recipients = apps.get_model("consults", "Recipient").objects
    recipients.filter(verified_at=None).update(verified_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("consults", "0002_desk")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
