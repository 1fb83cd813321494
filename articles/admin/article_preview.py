"""Reading an article before readers do: on two screens, signing it, and links for outsiders."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from locations.models import Clinician

from ..models import Article, Review
from ..previews import make_preview_link
from ..reviewing import MONTHS_12, TextChanged, sign, text_stamp
from ..views import preview_response

DAYS = [(1, "1 day"), (7, "7 days"), (30, "30 days")]


class SignForm(forms.Form):
    """What a clinician confirms below the preview. `stamp` is the text they had before their eyes."""

    stamp = forms.CharField(widget=forms.HiddenInput)
    scope = forms.CharField(label="What I reviewed", max_length=120, initial=Review._meta.get_field("scope").default)
    next_due_on = forms.DateField(
        label="Next review due on",
        help_text="Twelve months from now at most. Readers see this date.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    has_read = forms.BooleanField(
        label="I have read this article, and as a clinician I stand by it",
        error_messages={"required": "Tick this to sign."},
    )


class PreviewLinkForm(forms.Form):
    """A link for somebody without an account."""

    purpose = forms.CharField(label="For whom", max_length=80, help_text="Only staff see this.")
    days = forms.TypedChoiceField(label="Opens for", choices=DAYS, coerce=int, initial=7)


class PreviewPages:
    """The part of ArticlePages that has to do with previews."""

    def preview_pages(self) -> dict:
        return {
            "<int:pk>/preview/": (self.preview_view, "articles_preview"),
            "<int:pk>/preview/page/": (self.preview_page_view, "articles_preview_page"),
            "<int:pk>/preview/sign/": (self.sign_view, "articles_sign"),
            "<int:pk>/preview/links/": (self.preview_links_view, "articles_preview_links"),
            "<int:pk>/preview/links/<int:link>/revoke/": (self.revoke_view, "articles_preview_revoke"),
        }

    def preview_view(self, request, article: Article):
        return self._preview(request, article)

    def _preview(self, request, article: Article, **forms_sent):
        now = timezone.now()
        clinician = self._clinician(request)
        sign_form = SignForm(initial={"stamp": text_stamp(article), "next_due_on": timezone.localdate(now) + MONTHS_12})
        context = {
            "clinician": clinician,
            "sign_form": sign_form,
            "link_form": PreviewLinkForm(),
            "links": article.preview_links.select_related("made_by").order_by("-made_at", "-pk"),
            "now": now,
            # Shown once, to the person who made it: the secret is kept nowhere.
            "new_link": request.session.pop("articles_new_preview_link", ""),
            **forms_sent,
        }
        response = self.page(request, "preview", article, f"Preview: {article}", **context)
        response.admin_policy = {"frame-src": ["'self'"]}
        return response

    def preview_page_view(self, request, article: Article):
        """The article in the real template, to be shown in a frame of the preview page."""
        response = xframe_options_sameorigin(preview_response)(request, article)
        response.admin_policy = {"frame-ancestors": ["'self'"]}
        return response

    # Signing ---------------------------------------------------------------------------------

    def _clinician(self, request) -> Clinician | None:
        """The clinician who is signed in, if the account belongs to one and may sign."""
        if not request.user.has_perm("articles.add_review"):
            return None
        return Clinician.objects.filter(user=request.user).first()

    def sign_view(self, request, article: Article):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        clinician = self._clinician(request)
        if clinician is None:
            raise PermissionDenied
        form = SignForm(request.POST)
        if not form.is_valid():
            return self._preview(request, article, sign_form=form)
        given = {name: form.cleaned_data[name] for name in ("stamp", "scope", "next_due_on")}
        try:
            sign(article=article, clinician=clinician, user=request.user, now=timezone.now(), **given)
        except ValidationError as error:
            form.add_error("next_due_on", error.messages)
            return self._preview(request, article, sign_form=form)
        except TextChanged:
            words = "Not signed: the text was changed while you were reading. Please read it again."
            self.message_user(request, words, messages.ERROR)
        else:
            self.log_change(request, article, f"Reviewed by {clinician}.")
            self.message_user(request, f"Signed: readers see “Reviewed by {clinician}”.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:articles_preview", args=[article.pk]))

    # Links for outsiders ---------------------------------------------------------------------

    def preview_links_view(self, request, article: Article):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = PreviewLinkForm(request.POST)
        if not form.is_valid():
            return self._preview(request, article, link_form=form)
        _, secret = make_preview_link(article=article, by=request.user, now=timezone.now(), **form.cleaned_data)
        request.session["articles_new_preview_link"] = settings.SITE_URL + reverse("articles:preview", args=[secret])
        return self._to_links(article)

    def revoke_view(self, request, article: Article, link: int):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = get_object_or_404(article.preview_links, pk=link)
        if found.revoked_at is None:
            found.revoked_at = timezone.now()
            found.save(update_fields=["revoked_at"])
        self.message_user(request, "Taken back: that link opens nothing any more.", messages.SUCCESS)
        return self._to_links(article)

    def _to_links(self, article: Article) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:articles_preview", args=[article.pk]) + "#links")
