"""Warnings about requests that nobody is told of. Who waits is shown by `desk`."""

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from clinic_site.core.dashboard import Banner, mails_with_trouble
from locations.models import Location

from .models import Recipient
from .notifications import NO_RECIPIENTS, mails_visible_to


def may_see(user) -> bool:
    """True for staff who may see requests at all."""
    return user.has_perm("consults.view_consultrequest") or user.has_perm("consults.change_consultrequest")


def clinics_without_recipient() -> list[Location]:
    """Return the clinics whose requests nobody is told about."""
    told = Recipient.objects.filter(
        Q(location=OuterRef("pk")) | Q(location=None), is_active=True, verified_at__isnull=False
    )
    return list(Location.objects.active().filter(~Exists(told)))


def banners(user) -> list[Banner]:
    """Return one loud warning when requests reach nobody, or would."""
    if not may_see(user):
        return []
    told_nobody = mails_with_trouble(mails_visible_to(user)).filter(last_error=NO_RECIPIENTS)
    # Not by distinct(): SQLite would walk through every mail there ever was, in the order of what they are about.
    reached_nobody = told_nobody.order_by().aggregate(count=Count("about", distinct=True))["count"]
    clinics = clinics_without_recipient()
    texts = []
    if reached_nobody:
        requests = "1 request" if reached_nobody == 1 else f"{reached_nobody} requests"
        texts.append(f"Nobody has been told of {requests}: no recipient was set.")
    if clinics:
        texts.append(f"Nobody is told about requests for {' and '.join(clinic.name for clinic in clinics)}.")
    if not texts:
        return []
    if clinics and user.has_perm("consults.add_recipient"):
        return [Banner(text=" ".join(texts), url=reverse("admin:consults_recipient_add"), link="Add a recipient")]
    if reached_nobody and not clinics:
        return [Banner(text=" ".join(texts), url=f"{reverse('admin:index')}#mails", link="Send their mails")]
    return [Banner(text=" ".join(texts))]
