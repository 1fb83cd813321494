"""The consult form and the page that thanks for it."""

import logging
from functools import partial

from django.db import Error as DatabaseFault
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from clinic_site.core.caching import cached_page, public
from clinic_site.core.seo import PageMeta
from clinic_site.core.site_wide import remembered
from clinic_site.core.unavailable import unavailable_response
from locations.models import Location
from locations.opening import next_change, with_opening

from .client import client_of
from .forms import ConsultForm, Offered
from .intake import receive_consult
from .models import ConsultRequest
from .notifications import staff_addresses
from .probe import PROBE_FIELD, is_probe

logger = logging.getLogger(__name__)

# What the page for a broken database gives back: field name, label.
KEPT_FIELDS = {
    "location": "Clinic",
    "name": "Your name",
    "phone": "Phone number",
    "contact_by": "How we should reach you",
    "email": "Email address",
    "best_time": "Best time",
    "may_text": "You may text me",
    "may_name_clinic": "You may say the clinic’s name",
    "note": "Note",
    "source": "",
    "page": "",
    "consents": "",
    "took": "",
}


# A token would protect nothing here: the POST never looks at who is signed in. It would lose
# requests, since cached pages, privacy settings and undeclared proxies all make tokens fail.
@cached_page()
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def consult(request) -> HttpResponse:
    """Show the form; receive what it sends, from whichever page it was on."""
    if request.method != "POST":
        initial = {"source": ConsultRequest.Source.CONSULT, "page": reverse("consults:consult")}
        form, now = ConsultForm(initial=initial, offered=_offered(request)), timezone.now()
        locations = with_opening(Location.objects.active(), now=now)
        return public(_page(request, form, locations), until=next_change(locations), now=now)
    try:
        response = _receive(request)
    except DatabaseFault:  # away, locked, full, damaged, or at odds with this code: whichever, the words come back
        logger.exception("a request could not be stored")
        response = unavailable_response(action=reverse("consults:consult"), kept=_kept(request.POST))
    response.headers["Cache-Control"] = "no-store"
    return response


def _receive(request) -> HttpResponse:
    form = ConsultForm(request.POST, offered=_offered(request))
    if not form.is_valid():
        return _page(request, form, with_opening(Location.objects.active(), now=timezone.now()), status=422)
    answers = form.answers
    receipt = receive_consult(
        answers=answers,
        source=form.cleaned_data["source"],
        page=form.cleaned_data["page"],
        wordings=form.cleaned_data["consents"],
        addresses=_told_about(request, answers.location),
        client=client_of(request),
        is_test=is_probe(request.POST.get(PROBE_FIELD, "")),
        now=timezone.now(),
    )
    thanks = HttpResponseRedirect(reverse("consults:thanks", args=[receipt.request.reference]))
    thanks.status_code = 303
    return thanks


def _offered(request) -> Offered:
    return remembered(request, "offered", Offered.now)


def _told_about(request, location: Location | None) -> list[str]:
    name = ("told about", location and location.pk)
    return remembered(request, name, partial(staff_addresses, location))


def _page(request, form: ConsultForm, locations: list[Location], *, status: int = 200) -> HttpResponse:
    meta = PageMeta(
        title="Error: Request a free consult" if form.errors else "Request a free consult",
        description="Ask for a free consult by form or phone. Six short questions, none about your health.",
        path=reverse("consults:consult"),
    )
    context = {"form": form, "meta": meta, "locations": locations}
    return render(request, "consults/consult.html", context, status=status)


def _kept(post) -> list[dict]:
    """What was typed, for the page that asks to send it once more."""
    return [
        {"name": name, "label": label, "value": post.get(name, "")}
        for name, label in KEPT_FIELDS.items()
        if post.get(name)
    ]


@never_cache
@require_safe
def thanks(request, reference: str) -> HttpResponse:
    """Say that the request arrived. Nothing on the page tells who sent it."""
    get_object_or_404(ConsultRequest.objects.only("pk"), reference=reference)
    meta = PageMeta(title="We have your request", path=reverse("consults:thanks", args=[reference]), robots="noindex")
    context = {"reference": reference, "meta": meta}
    response = render(request, "consults/thanks.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
