"""Articles and questions, as the search finds them. Call these after every write."""

from collections.abc import Iterable, Sequence

from content_editor.contents import contents_for_items
from django.utils.html import escape

from clinic_site.core.html import text_lines
from clinic_site.core.models import SearchDocument
from clinic_site.core.search import ALWAYS, Source

from .citations import strip_citations
from .models import Article, Question, Topic
from .models.blocks import BLOCKS


def index_article(article: Article) -> None:
    """Make an article findable as it and its blocks are stored now. A draft is forgotten."""
    ARTICLES.index(article)


def remove_article(pk: int) -> None:
    """Forget the article that had this primary key."""
    ARTICLES.remove(pk)


def index_topic(topic: Topic) -> None:
    """Index the articles of a topic anew: its name stands beside each that is found."""
    ARTICLES.index(*topic.articles.all())


def _articles(articles: Sequence[Article]) -> Iterable[SearchDocument]:
    contents = contents_for_items(articles, BLOCKS) if articles else {}
    for article in articles:
        parts = [escape(text) for text in (article.standfirst, *article.key_fact_list)]
        parts += [text for block in contents[article].main for text in block.texts_html()]
        yield SearchDocument(
            kind=ARTICLES.kind,
            key=str(article.pk),
            label=f"Article: {article.topic.name}",
            path=article.get_absolute_url(),
            visible_from=article.published_at,
            visible_until=article.withdrawn_at,
            title=article.title,
            summary=article.summary,
            body=text_lines(strip_citations("\n".join(parts))),
        )


def _questions(questions: Iterable[Question]) -> Iterable[SearchDocument]:
    for question in questions:
        yield SearchDocument(
            kind=QUESTIONS.kind,
            key=str(question.pk),
            label="Question",
            path=question.get_absolute_url(),
            visible_from=ALWAYS,
            title=question.question,
            body=text_lines(strip_citations(question.answer)),
        )


ARTICLES = Source(
    kind="article",
    rows=lambda: Article.objects.exclude(published_at=None).select_related("topic"),
    documents=_articles,
)
QUESTIONS = Source(kind="question", rows=Question.objects.shown, documents=_questions)
