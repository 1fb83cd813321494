"""What people send: a good form post and the cleaned answers behind it. Nobody here is real."""

from datetime import UTC, datetime

from consults.intake import Answers
from consults.models import ConsultRequest

# A Wednesday morning, ten past nine in Alabama.
NOW = datetime(2026, 11, 25, 15, 10, tzinfo=UTC)


def make_post(**changes) -> dict:
    """Return a form post that is good as it stands; `None` removes a field."""
    post = {
        "location": "birmingham",
        "name": "Dana Whitfield",
        "phone": "205-555-0142",
        "contact_by": "call",
        "email": "dana@mail.example",
        "best_time": "any",
        "source": "consult",
        "page": "/consult/",
        "consents": "",
        "leave_blank": "",
        "took": "",
        **changes,
    }
    return {name: value for name, value in post.items() if value is not None}


def make_answers(**changes) -> Answers:
    """Return cleaned answers that are good as they stand."""
    return Answers(
        **{
            "location": None,
            "name": "Dana Whitfield",
            "phone": "tel:+1-205-555-0142",
            "phone_as_typed": "205-555-0142",
            "email": "dana@mail.example",
            "contact_by": ConsultRequest.ContactBy.CALL,
            "may_text": changes.get("contact_by") == ConsultRequest.ContactBy.TEXT,
            **changes,
        }
    )
