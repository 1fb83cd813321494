"""The articles before and after one, in the order of the list of all articles."""

from django.db.models import Q

from .models import Article
from .models.article import ArticleQuerySet


def neighbours(article: Article, published: ArticleQuerySet) -> tuple[Article | None, Article | None]:
    """Return the article published before `article` and the one after it, None where there is none.

    Whoever follows them walks the list of all articles, the one order that readers see: within a
    topic most articles would have no neighbour, and the related articles are of that topic anyway.
    """
    moment, others = article.published_at, published.order_by()
    is_earlier = Q(published_at__lt=moment) | Q(published_at=moment, pk__gt=article.pk)
    is_later = Q(published_at__gt=moment) | Q(published_at=moment, pk__lt=article.pk)
    return (
        others.filter(is_earlier).order_by("-published_at", "pk").first(),
        others.filter(is_later).order_by("published_at", "-pk").first(),
    )
