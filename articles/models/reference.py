"""The sources that articles cite."""

import re
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from clinic_site.core.plain_fields import PlainCharField

from ..citations import cited_keys


class Reference(models.Model):
    """One source, used by any number of articles."""

    key = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", "Small letters and digits, such as zarate2006.")],
        help_text="Write [@key] in a text to cite this source.",
    )
    authors = PlainCharField(
        max_length=400, blank=True, help_text="As the source gives them. May stay empty for an agency's own page."
    )
    title = PlainCharField(max_length=400)
    journal = PlainCharField("journal or publisher", max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    volume = PlainCharField(max_length=30, blank=True)
    pages = PlainCharField(max_length=40, blank=True)
    doi = models.CharField("DOI", max_length=120, blank=True, help_text="Such as 10.1001/archpsyc.63.8.856")
    link = models.URLField(blank=True, help_text="Only for sources without a DOI.")
    checked_on = models.DateField(
        null=True, blank=True, help_text="The day somebody compared this entry with the source itself."
    )

    def __str__(self) -> str:
        return f"{self.key}: {self.title}"

    def clean(self) -> None:
        # People paste the whole address: keep the DOI alone.
        self.doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", self.doi.strip(), flags=re.IGNORECASE)

    @property
    def url(self) -> str:
        """Where readers find the source; '' when no address is known.

        A row that no form wrote may hold a `javascript:` link: it is no address.
        """
        if self.doi:
            return f"https://doi.org/{quote(self.doi, safe='/():;._-')}"
        return self.link if self.link.lower().startswith(("https://", "http://")) else ""


def validate_citations(text: str) -> None:
    """Refuse a text that cites a source we do not have."""
    keys = set(cited_keys(text))
    unknown = sorted(keys - set(Reference.objects.filter(key__in=keys).values_list("key", flat=True)))
    if unknown:
        raise ValidationError(
            "There is no reference with the key %(keys)s. Add it under References first.",
            params={"keys": ", ".join(unknown)},
        )


def refuse_citations(text: str) -> None:
    """Refuse a citation mark where readers could not follow it."""
    if cited_keys(text):
        raise ValidationError("A citation mark cannot stand here. Put it in the text.")
