"""What a person agreed to: whether it still holds, and taking it back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from clinic_site.core.encryption import lookup_hash
from clinic_site.core.models import AuditEntry

from .models import Activity, Consent, ConsentText, ConsultRequest

Purpose = ConsentText.Purpose


def with_consents(requests: QuerySet) -> QuerySet:
    """Load the consents of `requests` with them: for lists, which would ask the database once for each otherwise."""
    return requests.prefetch_related(_kept())


def load_consents(request: ConsultRequest) -> None:
    """Load the consents of one request once, for a page that asks for them more than once."""
    prefetch_related_objects([request], _kept())


def consents_of(request: ConsultRequest) -> list[Consent]:
    """Return what was agreed to, or not, with a request, each with its wording."""
    kept = getattr(request, "kept_consents", None)
    return list(request.consents.select_related("text").order_by("pk")) if kept is None else kept


def may_text(request: ConsultRequest) -> bool:
    """True when the person ticked the box for text messages, and has not taken it back."""
    return any(consent.text.purpose == Purpose.TEXT and consent.holds for consent in consents_of(request))


def do_not_contact(request: ConsultRequest) -> bool:
    """True when the person asked not to be contacted any more."""
    return any(consent.text.purpose == Purpose.CONTACT and consent.withdrawn_at for consent in consents_of(request))


def _kept() -> Prefetch:
    consents = Consent.objects.select_related("text").order_by("pk")
    return Prefetch("consents", queryset=consents, to_attr="kept_consents")


@transaction.atomic
def withdraw(*, consent: Consent, actor, now: datetime) -> bool:
    """Record that a person took a consent back. False when it was never given or was taken back before.

    The request stays as it stands otherwise: staff close it. Sent once more, the same form is a new request with
    consents of its own, since what was withdrawn here stays withdrawn.
    """
    request = ConsultRequest.objects.select_for_update().get(pk=consent.request_id)
    held = Consent.objects.filter(pk=consent.pk, is_given=True, withdrawn_at=None)
    if not held.update(withdrawn_at=now):
        return False
    purpose = consent.text.purpose
    if purpose == Purpose.VOICEMAIL:
        request.may_name_clinic = False
    request.fingerprint = lookup_hash(f"{request.fingerprint} {consent.pk}", purpose="fingerprint, withdrawn")
    request.save(update_fields=["may_name_clinic", "fingerprint"])
    Activity.objects.create(
        request=request,
        kind=Activity.Kind.CONSENT_WITHDRAWN,
        at=now,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        note=consent.text.get_purpose_display(),
    )
    AuditEntry.record(
        action="request-consent-withdrawn",
        subject=request.subject,
        now=now,
        actor=actor,
        consent=consent.pk,
        purpose=purpose,
    )
    return True
