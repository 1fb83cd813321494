"""What the scanned site holds beside its content, and what it holds afterwards. Runs inside of its settings."""

import json
from pathlib import Path

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from clinic_site.core.models import OutboxMessage
from clinic_site.roles import EDITOR
from consults.models import ConsultRequest
from tests.factories.consults import make_recipient, make_request, make_role
from tests.signin.people import add_app, add_codes


def fill(codes: str) -> None:
    """Make a recipient, three requests and an editor; write the editor's recovery codes to the file `codes`."""
    now = timezone.now()
    make_recipient()
    for _ in range(3):
        make_request(now=now)
    editor = add_app(make_role(EDITOR, username="editor"))
    Path(codes).write_text(" ".join(add_codes(editor)))


def report(path: str) -> None:
    """Write the references of all requests, and of those that staff should hear of and never will."""
    mail = OutboxMessage.objects.filter(
        kind=OutboxMessage.Kind.STAFF, about=Concat(Value("consult:"), OuterRef("reference"))
    )
    requests = ConsultRequest.objects.filter(is_test=False)  # not the worker's own daily one
    unheard = requests.filter(~Exists(mail), spam_state=ConsultRequest.SpamState.CLEAN)
    told = {"stored": list(requests.values_list("reference", flat=True))}
    told["unheard"] = list(unheard.values_list("reference", flat=True))
    Path(path).write_text(json.dumps(told))
