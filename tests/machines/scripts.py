"""What is run inside the site's own shell on one of the machines."""

# Two people who are told of every request, a picture with all its sizes; prints the pages to read, one a line.
SET_UP = """
from PIL import Image
from articles.models import Article
from clinic_site.core.models import Rendition, SiteText
from locations.models import Location
from tests.factories.consults import make_recipient
from tests.factories.pictures import ready_picture

for number in (1, 2):
    make_recipient(f"desk{number}@clinic.example")
ready_picture(Image.new("RGB", (1200, 800), "teal"))
SiteText.objects.filter(key="home-hero").update(body="<p>This is change number 0.</p>")
pages = ["/", "/articles/", "/questions/", "/consult/", "/locations/"]
pages += [article.get_absolute_url() for article in Article.objects.all()]
pages += [location.get_absolute_url() for location in Location.objects.all()]
pages += ["/media/" + row.file.name for row in Rendition.objects.order_by("pk")[:3]]
print("\\n".join(pages))
"""

# An editor at this machine: for each number that comes in, one change, and the moment at which it was committed.
EDITOR = """
import sys, time
from clinic_site.core.models import SiteText
from django.db import DatabaseError, close_old_connections
print("ready", flush=True)
for line in sys.stdin:
    close_old_connections()
    try:
        SiteText.objects.filter(key="home-hero").update(body=f"<p>This is change number {int(line)}.</p>")
        print(time.time(), flush=True)
    except DatabaseError as error:
        print("failed", type(error).__name__, flush=True)
"""

# What the database holds in the end, as JSON.
FINDINGS = """
import json
from collections import Counter
from clinic_site.core.models import JobRun, OutboxMessage
from consults.models import ConsultRequest

requests = {}
for request in ConsultRequest.objects.real():
    requests.setdefault(request.name, []).append((request.reference, request.subject))
mails = {}
for mail in OutboxMessage.objects.all():
    mails.setdefault(mail.about, []).append((mail.kind, mail.state, mail.message_id))
runs = Counter((run.name, run.period) for run in JobRun.objects.all())
unfinished = [f"{run.name} {run.period}" for run in JobRun.objects.filter(finished_at=None)]
print(json.dumps({"requests": requests, "mails": mails, "runs": len(runs), "unfinished": unfinished,
                  "twice": [key for key, times in runs.items() if times > 1]}))
"""

WAITING = """
from clinic_site.core.models import OutboxMessage
print(OutboxMessage.objects.exclude(state="sent").count())
"""
