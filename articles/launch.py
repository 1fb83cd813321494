"""What articles lack before the site may open."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from clinic_site.core.launch import LaunchCheck, LaunchItem, found_by

from .citing import cited_everywhere
from .models import Article, CheckedLink, Question, Reference


def missing(*, now: datetime) -> list[LaunchItem]:
    """Return what somebody must still do about articles, questions and their sources."""
    return found_by(CHECKS, now=now)


def _articles(*, now: datetime) -> list[LaunchItem]:
    articles = list(Article.objects.prefetch_related("reviews__clinician"))
    published = [article for article in articles if article.state(now) == Article.State.PUBLISHED]
    today = timezone.localdate(now)
    unreviewed = sum(article.is_medical and article.review is None for article in published)
    overdue = sum(article.review_is_overdue(today) for article in published)
    changelist = reverse("admin:articles_article_changelist")
    items = []
    if not published:
        items.append(LaunchItem(text="No article is published.", url=changelist, is_urgent=True))
    if unreviewed:
        text = f"{count_of(unreviewed, 'published medical article')} not yet reviewed by a clinician."
        items.append(LaunchItem(text=text, url=f"{changelist}?review=none", is_urgent=True))
    if overdue:
        text = f"{count_of(overdue, 'article')} past the date of the next review."
        items.append(LaunchItem(text=text, url=f"{changelist}?review=overdue", is_urgent=True))
    return items


def _references(*, now: datetime) -> list[LaunchItem]:
    changelist = reverse("admin:articles_reference_changelist")
    cited = cited_everywhere()
    unchecked = Reference.objects.filter(checked_on=None, key__in=cited).count()
    items = []
    if unchecked:
        text = f"{count_of(unchecked, 'cited reference')} not yet compared with the source itself."
        items.append(LaunchItem(text=text, url=f"{changelist}?checked=no"))
    gone = cited - set(Reference.objects.values_list("key", flat=True))
    if gone:
        text = f"Cited but not among the references: {', '.join(sorted(gone))}."
        items.append(LaunchItem(text=text, url=changelist, is_urgent=True))
    return items


def _links(*, now: datetime) -> list[LaunchItem]:
    broken = CheckedLink.objects.broken().count()
    if not broken:
        return []
    url = f"{reverse('admin:articles_checkedlink_changelist')}?state=broken"
    return [LaunchItem(text=f"{count_of(broken, 'link to another site', 'links to other sites')} broken.", url=url)]


def _questions(*, now: datetime) -> list[LaunchItem]:
    if Question.objects.shown().exists():
        return []
    return [LaunchItem(text="No question is shown.", url=reverse("admin:articles_question_changelist"))]


def count_of(number: int, thing: str, things: str = "") -> str:
    """Return "1 article is" or "3 articles are"; `things` where an s at the end will not do."""
    return f"{number} {thing} is" if number == 1 else f"{number} {things or thing + 's'} are"


CHECKS = [
    LaunchCheck("articles", "Articles are published, and each medical one was reviewed by a clinician.", _articles),
    LaunchCheck("references", "Every source that is cited is there and was compared.", _references),
    LaunchCheck("links", "No link to another site is broken.", _links),
    LaunchCheck("questions", "Questions are answered.", _questions),
]
