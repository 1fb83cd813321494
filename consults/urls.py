from django.urls import path, re_path, register_converter

from . import views
from .models.request import REFERENCE_ALPHABET, REFERENCE_LENGTH


class ReferenceConverter:
    """Matches a request's reference and nothing longer: no /thanks/….css for a cache to keep."""

    regex = f"[{REFERENCE_ALPHABET}]{{{REFERENCE_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")

app_name = "consults"
urlpatterns = [
    path("consult/", views.consult, name="consult"),
    # Without the slash too: a redirect would throw a posted form away.
    re_path(r"^consult$", views.consult),
    path("consult/thanks/<reference:reference>/", views.thanks, name="thanks"),
]
