"""What a clinician's review covers, and when it stops standing."""

from datetime import datetime

from .models import Article, Review
from .plain_text import marked_text


def reviewed_text(article: Article) -> str:
    """Return what a reviewer answers for: every word and every source, not how they are marked up.

    Saving from the editor tidies HTML; that alone must not undo a review.
    """
    lines = [str(article.is_medical), article.title, article.standfirst, *article.key_fact_list]
    for block in article.blocks():
        lines += [block.kind, *map(marked_text, block.texts_html())]
    return "\n".join(lines)


def void_reviews(*, article: Article, now: datetime) -> int:
    """Void the reviews of an article whose text has changed; return how many stood until now."""
    return Review.objects.filter(article=article, voided_at=None).update(voided_at=now)
