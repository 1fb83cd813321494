"""One row of everything that the admin has a page for, and one account of each role."""

from datetime import date

import reversion
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from reversion.models import Version

from articles.models import CheckedLink, ForbiddenWord, WritingRules
from articles.previews import make_preview_link
from clinic_site.core.models import (
    AuditEntry,
    ClinicIdentity,
    JobRun,
    MissedSearch,
    OutboxMessage,
    Redirect,
)
from clinic_site.roles import FRONT_DESK, ROLES
from tests.factories.articles import (
    make_article,
    make_picture,
    make_question,
    make_reference,
    make_review,
    make_text,
    make_topic,
)
from tests.factories.consults import (
    make_consent_text,
    make_failed_mail,
    make_recipient,
    make_role,
    make_staff_user,
)
from tests.factories.consults import make_quarantined_request as make_request
from tests.factories.locations import make_clinician, make_closure, make_location
from tests.factories.posts import NOW
from tests.factories.search import make_page

from .authorisation import NO_ROLE


def make_staff(clinic) -> dict[str, User]:
    """Return somebody of each role by its name, the front desk of `clinic`, and somebody without any."""
    staff = {role: make_role(role, username=role.lower().replace(" ", "-")) for role in ROLES}
    staff[FRONT_DESK].desk_clinics.add(clinic)
    return {**staff, NO_ROLE: make_staff_user(username="no-role")}


def make_everything(clinic, *, signer: User, location="same") -> dict[str, int]:
    """Return the ids of rows by what tests.site.authorisation calls them.

    The request is for `clinic`, or for the location given, None when the person was not sure. The
    account of `signer` belongs to the clinician.
    """
    picture, article = make_picture(), make_article(topic=make_topic())
    with reversion.create_revision():
        reversion.add_to_revision(article)
    clinician = make_clinician(user=signer)
    wording = make_consent_text()
    request = make_request(location=clinic if location == "same" else location)
    mail = make_failed_mail(about=request.subject)
    link, _ = make_preview_link(article=article, by=None, purpose="A reader", days=7, now=NOW)
    rows = {
        "articles.article": article,
        "articles.topic": make_topic(),
        "articles.question": make_question(),
        "articles.reference": make_reference("doe2020"),
        "articles.review": make_review(make_article(), clinician=clinician),
        "articles.checkedlink": CheckedLink.objects.create(url="https://elsewhere.example/", due_at=NOW),
        "articles.forbiddenword": ForbiddenWord.objects.create(words="miracle"),
        "articles.writingrules": WritingRules.objects.first() or WritingRules.objects.create(),
        "auth.user": make_role(FRONT_DESK, username="somebody"),
        "consults.consenttext": wording,
        "consults.consultrequest": request,
        "consults.recipient": make_recipient(),
        "core.auditentry": AuditEntry.record(action="test", subject="test:1", now=NOW),
        "core.clinicidentity": ClinicIdentity.objects.first() or ClinicIdentity.objects.create(name="The clinic"),
        "core.jobrun": JobRun.objects.create(name="digest", period="2026-11-25", started_at=NOW),
        "core.missedsearch": MissedSearch.objects.create(term="zebra", count=1, last_on=date(2026, 11, 25)),
        "core.outboxmessage": OutboxMessage.objects.get(pk=mail.pk),
        "core.page": make_page(),
        "core.picture": picture,
        "core.redirect": Redirect.objects.create(old_path="/old/", new_path="/about/", created_at=NOW),
        "core.sitetext": make_text("home-hero"),
        "locations.clinician": clinician,
        "locations.closure": make_closure("2026-12-24"),
        "locations.location": make_location(name="Cullman"),
        "mail": mail,
        "consent": request.consents.get(),
        "version": Version.objects.get_for_object(article).first(),
        "preview link": link,
        "kind of article": ContentType.objects.get_for_model(article),
        "kind of request": ContentType.objects.get_for_model(request),
    }
    return {name: row.pk for name, row in rows.items()}
