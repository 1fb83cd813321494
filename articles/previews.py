"""Preview links: one page only, for a time, until somebody takes them back."""

import hashlib
import secrets
from datetime import datetime, timedelta

from .models import Article, PreviewLink

SECRET_BYTES = 24  # 192 random bits: nobody finds a link by trying


def make_preview_link(*, article: Article, purpose: str, days: int, by, now: datetime) -> tuple[PreviewLink, str]:
    """Make a link that opens `article` for `days` days. Return it with its secret, which is kept nowhere."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link = PreviewLink.objects.create(
        article=article,
        purpose=purpose,
        secret_hash=_hash(secret),
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return link, secret


def find_preview(*, secret: str, now: datetime) -> PreviewLink | None:
    """Return the link that `secret` opens at `now`, or None: never made, expired or taken back."""
    return PreviewLink.objects.live(now).filter(secret_hash=_hash(secret)).first()


def _hash(secret: str) -> str:
    # The secret is random and long, so a plain hash cannot be turned back.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
