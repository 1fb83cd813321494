"""The token by which the form knows the site's own test request."""

from datetime import timedelta

from django.core import signing

PROBE_FIELD = "probe"
PURPOSE = "consults.daily-test"
LASTS = timedelta(minutes=5)


def new_probe() -> str:
    """Return a token that is good for five minutes, and for nothing but a test request."""
    return signing.dumps(PURPOSE, salt=PURPOSE)


def is_probe(token: str) -> bool:
    """Whether `token` is one of ours and fresh. Anything else makes an ordinary request, never an error."""
    try:
        return signing.loads(token, salt=PURPOSE, max_age=LASTS) == PURPOSE
    except signing.BadSignature:
        return False
