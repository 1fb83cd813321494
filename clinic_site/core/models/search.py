"""What the search knows: one row for each thing readers can find, the words in them, what was not found."""

from django.db import models
from django.db.models.functions import Right


class SearchDocument(models.Model):
    """One article, question, clinic or page, as plain text.

    The rows are a copy that `reindex_search` can make anew at any time. Beside them, made by hand
    in the migration, stands what the database searches: the table `core_search_index` (SQLite) or
    the column `vector` (PostgreSQL).
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=40, help_text="The primary key of the row this is a copy of.")
    label = models.CharField(max_length=80, help_text="What readers are told it is, such as Question.")
    path = models.CharField(max_length=300)
    # Before the texts: SQLite reads a row from the left, and a search asks every match for these.
    visible_from = models.DateTimeField()
    visible_until = models.DateTimeField(null=True)
    title = models.CharField(max_length=200)
    summary = models.TextField()
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="core_search_has_each_once"),
        ]
        indexes = [
            # The content stamp asks twice a second what has appeared or gone last.
            models.Index(fields=["visible_from"], name="core_search_appears"),
            models.Index(
                fields=["visible_until"], name="core_search_goes", condition=models.Q(visible_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.title}"


class SearchWord(models.Model):
    """A word that stands, or once stood, in some document: where “did you mean” looks."""

    word = models.CharField(max_length=40, primary_key=True)
    ending = models.GeneratedField(
        expression=Right("word", 3), output_field=models.CharField(max_length=3), db_persist=True
    )

    class Meta:
        indexes = [
            models.Index(fields=["ending"], name="core_search_word_ending"),
        ]

    def __str__(self) -> str:
        return self.word


class MissedSearch(models.Model):
    """Words that readers searched for and no page has. Nothing tells who searched, or at what time of day."""

    term = models.CharField("what readers looked for", max_length=60, unique=True)
    count = models.PositiveIntegerField("times", default=0)
    last_on = models.DateField("last on")

    class Meta:
        verbose_name = "search without a result"
        verbose_name_plural = "searches without a result"
        indexes = [
            models.Index(fields=["-count", "term"], name="core_missed_most_first"),
        ]

    def __str__(self) -> str:
        return self.term
