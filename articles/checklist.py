"""What stands between an article and its readers."""

from dataclasses import dataclass
from datetime import datetime

from .claims import forbidden_words
from .models import Article
from .plain_text import article_text


@dataclass(frozen=True, kw_only=True)
class Finding:
    level: str
    text: str
    is_review: bool = False

    @property
    def is_error(self) -> bool:
        return self.level == "error"


def check_article(article: Article, *, now: datetime) -> list[Finding]:
    return [
        Finding(level="error", text=f"“{word}” must not be used.")
        for word in forbidden_words(article_text(article, article.blocks()))
    ]
