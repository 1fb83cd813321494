"""The form in which an article is written: nothing typed is lost, whoever else writes at the same time."""

from django import forms
from django.contrib.admin.helpers import InlineAdminFormSet
from django.http import QueryDict

from ..comparing import Change, compare, parts_of
from ..models import Article
from ..models.blocks import BLOCKS
from ..versions import versions_of

PREFIXES = {f"{block._meta.app_label}_{block._meta.model_name}_set": block for block in BLOCKS}


class ArticleForm(forms.ModelForm):
    """An article. `refused` holds what the checklist said when a save was rolled back."""

    refused: list = []

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)
    only_typos = forms.BooleanField(
        label="only typing mistakes corrected",
        required=False,
        help_text="Tick when every sentence still means the same: the clinician’s review then stands. "
        "Leave empty otherwise: readers then see “Not yet reviewed by a clinician” until somebody signs again.",
    )

    class Meta:
        model = Article
        fields = [
            "title",
            "slug",
            "topic",
            "summary",
            "standfirst",
            "key_facts",
            "is_medical",
            "is_featured",
            "owner",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.has_conflict = False
        if self.instance.pk:
            self.fields["seen_at"].initial = self.instance.modified_at.isoformat()

    def clean(self) -> dict:
        for finding in self.refused:
            self.add_error(None, finding.text)
        if self.instance.pk:
            self._refuse_overwriting()
        return self.cleaned_data

    def _refuse_overwriting(self) -> None:
        """Refuse to save over words that the writer has not seen, and let the next try do it knowingly."""
        # The lock holds until the save: two people who save at the same moment come one after the other.
        stored = Article.objects.select_for_update().get(pk=self.instance.pk)
        seen_at = stored.modified_at.isoformat()
        if self.cleaned_data.get("seen_at") == seen_at:
            return
        self.has_conflict = True
        latest = versions_of(stored).first()
        who = str(latest.revision.user) if latest and latest.revision.user else "Somebody"
        self.add_error(
            None,
            f"{who} has saved this article since you opened it. Nothing of yours is lost, and nothing is saved yet. "
            "Compare the two texts below, put into yours what you want to keep, and save again.",
        )
        self.data = self.data.copy()
        self.data[self.add_prefix("seen_at")] = seen_at


def revive_deleted_blocks(post: QueryDict) -> QueryDict:
    """Return what was posted, with blocks that somebody else has deleted meanwhile as new ones.

    Django's formsets would refuse such a block with words about a hidden field.
    """
    post = post.copy()
    for prefix, block in PREFIXES.items():
        total, initial = (_number(post, f"{prefix}-{name}_FORMS") for name in ("TOTAL", "INITIAL"))
        rows = [_row(post, prefix, number) for number in range(total)]
        known = set(block.objects.filter(pk__in=[pk for row in rows if (pk := _pk(row))]).values_list("pk", flat=True))
        kept = [row for row in rows[:initial] if _pk(row) in known]
        lost = [{**row, "id": ""} for row in rows[:initial] if _pk(row) not in known and "DELETE" not in row]
        if len(kept) == initial:
            continue
        rows = [*kept, *rows[initial:], *lost]
        post[f"{prefix}-TOTAL_FORMS"], post[f"{prefix}-INITIAL_FORMS"] = str(len(rows)), str(len(kept))
        for name in [name for name in post if name.startswith(f"{prefix}-") and name.split("-")[1].isdigit()]:
            del post[name]
        for number, row in enumerate(rows):
            for field, value in row.items():
                post[f"{prefix}-{number}-{field}"] = value
    return post


def _number(post: QueryDict, name: str) -> int:
    value = post.get(name, "")
    # Beyond a thousand blocks Django itself refuses.
    return min(int(value), 1000) if value.isascii() and value.isdigit() else 0


def _row(post: QueryDict, prefix: str, number: int) -> dict:
    start = f"{prefix}-{number}-"
    return {name.removeprefix(start): post[name] for name in post if name.startswith(start)}


def _pk(row: dict) -> int | None:
    value = row.get("id", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def compare_with_stored(form: ArticleForm, formsets: list[InlineAdminFormSet]) -> list[Change]:
    """Return how the text that was posted differs from the one that is stored."""
    stored = Article.objects.get(pk=form.instance.pk)
    forms = [each for formset in formsets for each in formset.formset.forms]
    mine = [each.instance for each in forms if _is_kept(each)]
    mine.sort(key=lambda block: (block.ordering or 0, block.pk or 0))
    return compare(parts_of(stored, stored.blocks()), parts_of(form.instance, mine))


def _is_kept(form: forms.ModelForm) -> bool:
    is_there = form.instance.pk is not None or form.has_changed()
    return is_there and not (form.is_bound and getattr(form, "cleaned_data", {}).get("DELETE"))
