"""The clinic as schema.org describes an organization, with what is known and nothing else."""

from phonenumber_field.phonenumber import PhoneNumber

from .models import ClinicIdentity
from .seo import absolute_url, without_unknown


def organization_id() -> str:
    """The address by which other descriptions name the clinic."""
    return absolute_url("/#organization")


def organization(clinic: ClinicIdentity) -> dict:
    """The clinic as a whole: the parent of its locations, author and publisher of its articles."""
    return without_unknown(
        {
            "@type": "Organization",
            "@id": organization_id(),
            "name": clinic.name,
            "url": absolute_url("/"),
            "telephone": telephone(clinic.phone),
        }
    )


def telephone(number: PhoneNumber | str) -> str:
    """A phone number as search engines want it, such as +1-205-557-2253; "" when there is none."""
    return number.as_rfc3966.removeprefix("tel:").replace(";ext=", " ext. ") if number else ""
