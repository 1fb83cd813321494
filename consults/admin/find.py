"""Finding a request by what a caller says: posted, and turned into an address that holds nothing personal."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from clinic_site.core.models import AuditEntry

from ..cleaning import clean_email, dialable, one_line
from ..models.request import REFERENCE_LENGTH, email_hash, phone_hash
from ..same_person import of_person
from .forms import FindForm

UNREADABLE = (
    "Enter a reference such as 7K3M-9PXW, a whole phone number with its area code, or a whole e-mail address. "
    "Names cannot be searched: they are kept encrypted."
)


class FindRequests:
    """A ModelAdmin's page for finding a request."""

    def get_urls(self) -> list:
        find = path("find/", self.admin_site.admin_view(self.find_view), name="consults_find")
        return [find, *super().get_urls()]

    def find_view(self, request):
        """Lead to the list of what was found; else say so and keep what was typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        if request.method != "POST":
            return self._find_page(request, FindForm(), status=200)
        form = FindForm(request.POST)
        if not form.is_valid():
            return self._find_page(request, form, status=422)
        person, code = read_person(form.cleaned_data["term"]), read_code(form.cleaned_data["term"])
        if not person and not code:
            form.add_error("term", UNREADABLE)
            return self._find_page(request, form, status=422)
        named = of_person(person) if person else code_starts(code)
        found = self.get_queryset(request).filter(named).count()
        AuditEntry.record(
            action="requests-searched", subject="consults", now=timezone.now(), actor=request.user, found=found
        )
        if not found:
            form.add_error("term", _not_found(person))
            return self._find_page(request, form, status=200)
        self.message_user(request, "1 request found." if found == 1 else f"{found} requests found.", messages.INFO)
        query = {"person": person} if person else {"q": code}
        return HttpResponseRedirect(f"{reverse('admin:consults_consultrequest_changelist')}?{urlencode(query)}")

    def _find_page(self, request, form: FindForm, *, status: int) -> TemplateResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "title": "Find a request", "opts": self.opts, "find": form}
        return TemplateResponse(request, "admin/consults/find.html", context, status=status)


def read_person(term: str) -> str:
    """Return the keyed hash of the phone number or e-mail address that `term` is; '' when it is neither."""
    if phone := dialable(term):
        return phone_hash(phone)
    try:
        return email_hash(clean_email(term))
    except ValidationError:
        return ""


def read_code(term: str) -> str:
    """Return the reference, or the start of one, that `term` is; '' when it cannot be one."""
    code = one_line(term).replace("-", "").replace(" ", "").upper()
    return code if len(code) <= REFERENCE_LENGTH and code.isascii() and code.isalnum() else ""


def code_starts(code: str) -> Q:
    """The requests whose reference begins with `code`."""
    # No reference holds a Z. The range lets SQLite, too, use the index.
    last = code.ljust(REFERENCE_LENGTH, "Z")
    return Q(reference__startswith=code, reference__gte=code, reference__lte=last)


def _not_found(person: str) -> str:
    if person:
        return "No request has that phone number or e-mail address. Check each digit and letter."
    return "No request has a reference that begins like that."
