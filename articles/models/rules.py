"""The rules of writing, as rows that the clinic can change."""

import re

from django.core.exceptions import ValidationError
from django.db import models

# A word of letters and digits, perhaps with a hyphen or an apostrophe within, perhaps ending in *.
WORD = re.compile(r"\w+(?:[-’']\w+)*\*?")
SHORTEST_START = 3


def validate_words(text: str) -> None:
    """Refuse what is no word or phrase, and a start so short that it would match words of every kind."""
    for word in text.split():
        if not WORD.fullmatch(word):
            raise ValidationError(
                "“%(word)s” is not a word. Write letters, digits and hyphens; a * may stand at the end of a word.",
                params={"word": word},
            )
        if word.endswith("*") and len(word) <= SHORTEST_START:
            raise ValidationError(
                "“%(word)s” would match too many words. Write at least three letters before the *.",
                params={"word": word},
            )


def validate_claim_words(text: str) -> None:
    """Refuse a line that is no word or phrase."""
    for line in text.splitlines():
        validate_words(line)


class ForbiddenWord(models.Model):
    """A word or phrase that articles must not use, or had better not."""

    class Level(models.TextChoices):
        ERROR = "error", "Error: stops publishing"
        WARNING = "warning", "Warning: shown to the editor"

    words = models.CharField(
        "word or phrase",
        max_length=80,
        unique=True,
        validators=[validate_words],
        help_text="Capital letters make no difference. A * at the end of a word stands for any ending: guarantee* "
        "finds guarantees and guaranteed. A hyphen also finds the words written apart or as one; a space also finds "
        "a hyphen. Found even when negated: “no miracle” is still found.",
    )
    instead = models.CharField(
        "what to write", max_length=200, blank=True, help_text="Editors see this beside the sentence. May stay empty."
    )
    level = models.CharField(max_length=10, choices=Level, default=Level.ERROR)
    note = models.CharField("why", max_length=200, blank=True, help_text="For staff only: why the word is on the list.")

    def __str__(self) -> str:
        return self.words

    def clean(self) -> None:
        self.words = " ".join(self.words.split())


class WritingRules(models.Model):
    """The figures and words of the checklist beside Publish: one row."""

    longest_sentence = models.PositiveSmallIntegerField(
        default=28, help_text="In words. A longer sentence is a warning. Readers may be unwell and tired."
    )
    lowest_grade = models.PositiveSmallIntegerField(
        "lowest reading grade", default=6, help_text="School grade (Flesch-Kincaid). An easier text is a warning."
    )
    highest_grade = models.PositiveSmallIntegerField(
        "highest reading grade", default=9, help_text="School grade (Flesch-Kincaid). A harder text is a warning."
    )
    claim_words = models.TextField(
        "words that need a citation",
        default="study\nstudies\ntrial\ntrials\nresearch*\nevidence",
        blank=True,
        validators=[validate_claim_words],
        help_text="One on each line; a * at the end stands for any ending. A paragraph that uses one, or that holds "
        "a figure, must cite its source.",
    )

    class Meta:
        verbose_name = "writing rules"
        verbose_name_plural = "writing rules"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="articles_writing_rules_are_one_row"),
            models.CheckConstraint(
                condition=models.Q(lowest_grade__lte=models.F("highest_grade")),
                name="articles_writing_rules_grades_in_order",
                violation_error_message="The lowest grade must not be above the highest.",
            ),
            models.CheckConstraint(
                condition=models.Q(longest_sentence__gte=5),
                name="articles_writing_rules_sentence_has_room",
                violation_error_message="A sentence needs room for at least five words.",
            ),
        ]

    def __str__(self) -> str:
        return "Writing rules"

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> "WritingRules":
        """Return the one row, or an unsaved one with the defaults while there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def claim_word_list(self) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.claim_words.splitlines())))
