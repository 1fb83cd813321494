"""Three views without anything around them."""

import json
import os
from pathlib import Path

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from .models import Entry

BODY = Path(os.environ["BENCH_BODY"]).read_bytes() if os.environ.get("BENCH_BODY") else b""
HEADERS = dict(json.loads(os.environ.get("BENCH_HEADERS", "[]")))
PARAGRAPHS = 70


class EntryForm(forms.ModelForm):
    class Meta:
        model = Entry
        fields = ["location", "name", "phone", "email", "contact_by", "best_time"]


def constant(request) -> HttpResponse:
    """Bytes from memory, headers and body, as a page would be sent: compressed already."""
    return HttpResponse(BODY, headers=HEADERS)


def rendered(request) -> HttpResponse:
    """A page of 30 kB from one row: seventy paragraphs in a loop, each with two values that are escaped."""
    entry = Entry.objects.get(pk=1)
    return render(request, "bare/page.html", {"entry": entry, "paragraphs": range(PARAGRAPHS)})


def inserting(request) -> HttpResponse:
    """Check a form and store its row."""
    form = EntryForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    form.save()
    response = HttpResponseRedirect("/")
    response.status_code = 303
    return response
