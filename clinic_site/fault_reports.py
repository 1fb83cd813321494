"""Faults told to a Sentry: what kind, where in the code, of which request. Nothing that anybody typed.

Only what stands here leaves the machine: an event is built anew from a list of what may be told. No
integration is switched on, so sentry-sdk sees neither requests nor queries: it gets what is logged
as an error. Imported only when SENTRY_DSN is set.
"""

import logging

import sentry_sdk
from django.conf import settings
from django.http import HttpRequest
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.logging import EventHandler

from clinic_site.core.current_request import current_marks, shown_path

KEPT = ("event_id", "timestamp", "platform", "level", "logger", "server_name", "release", "environment", "sdk")
KEPT_OF_FRAMES = ("filename", "module", "function", "lineno", "in_app")
KEPT_HEADERS = ("Content-Type", "Content-Length", "Sec-Fetch-Site")


def start() -> None:
    """Report from now on whatever this process logs as an error with an exception."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        before_send=reduced,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=lambda pending, timeout: None)],
        # Each of these has told a tracker what people typed; `reduced` would drop it, too.
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        send_default_pii=False,
        auto_session_tracking=False,
        send_client_reports=False,
        spotlight=False,
    )
    logging.getLogger().addHandler(EventHandler(level=logging.ERROR))


def reduced(event: dict, hint: dict) -> dict | None:
    """Return what may be told of an event; None for one without an exception, or for what Django refuses."""
    record = hint.get("log_record")
    faults = (event.get("exception") or {}).get("values")
    if not faults or record is None or record.name.startswith("django.security"):
        return None
    request = getattr(record, "request", None)
    marks = getattr(request, "marks", None) or current_marks.get()
    told = {name: event[name] for name in KEPT if name in event}
    told["exception"] = {"values": [_fault(fault) for fault in faults]}
    told["tags"] = {"reference": marks.reference, "request_id": marks.request_id} if marks else {}
    if isinstance(request, HttpRequest):
        told["request"] = _request(request)
    return told


def _fault(fault: dict) -> dict:
    """The kind and the places: what an exception says can be what somebody typed."""
    frames = (fault.get("stacktrace") or {}).get("frames") or []
    places = [{name: frame[name] for name in KEPT_OF_FRAMES if name in frame} for frame in frames]
    return {"type": fault.get("type"), "module": fault.get("module"), "stacktrace": {"frames": places}}


def _request(request: HttpRequest) -> dict:
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    # A boundary is made up by the browser, but whoever sends a request may write there what they like.
    headers = {name: value.partition(";")[0][:40] for name, value in headers.items()}
    return {"method": request.method, "url": shown_path(request, status=500), "headers": headers}
