"""Earlier versions of an article, with its blocks: kept at every save, compared, restored."""

from dataclasses import dataclass
from datetime import datetime

import reversion
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from reversion.models import Version

from clinic_site.core.models import Picture

from .comparing import Part, parts_of
from .models import Article, FigureBlock, Topic
from .models.blocks import BLOCKS

# What restoring brings back. Address, times and reviews belong to the article, not to its text.
TEXT_FIELDS = ("title", "topic_id", "summary", "standfirst", "key_facts", "is_medical")


def register() -> None:
    """Put articles and their blocks under version control. Called once, when the app is ready."""
    for block_model in BLOCKS:
        reversion.register(block_model)
    reversion.register(Article, follow=[f"{block._meta.app_label}_{block._meta.model_name}_set" for block in BLOCKS])


def record_version(*, article: Article, by, comment: str, now: datetime) -> None:
    """Keep `article`, just read or saved, with its blocks. `by` is the user who made it so, or None."""
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(by)
        reversion.set_comment(comment)
        reversion.set_date_created(now)
        reversion.add_to_revision(article)


def versions_of(article: Article):
    """Return the versions of `article`, newest first, each with its `revision`: who, when and why."""
    return Version.objects.get_for_object(article).select_related("revision__user").order_by("-pk")


def parts_of_version(version: Version) -> list[Part]:
    """Return what the article said in `version`, ready to be compared."""
    stored = _read(version)
    return parts_of(Article(**stored.fields), stored.blocks)


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """An article as one version holds it."""

    fields: dict
    blocks: list


def _read(version: Version) -> _Stored:
    kinds = {ContentType.objects.get_for_model(model).pk: model for model in BLOCKS}
    rows = version.revision.version_set.filter(content_type__in=kinds).order_by("pk")
    blocks = [kinds[row.content_type_id](**row.field_dict) for row in rows]
    of_this = [block for block in blocks if str(block.parent_id) == version.object_id]
    fields = {name: version.field_dict[name] for name in TEXT_FIELDS}
    return _Stored(fields=fields, blocks=sorted(of_this, key=lambda block: (block.ordering, block.pk)))


def restore(*, article: Article, version: Version) -> list[str]:
    """Bring back the text and the blocks of `version`. Return what could not be brought back, in words.

    The address, the state and the reviews stay; whoever calls this then does what follows a change.
    """
    stored = _read(version)
    lost = []
    with transaction.atomic():
        if not Topic.objects.filter(pk=stored.fields["topic_id"]).exists():
            stored.fields["topic_id"] = article.topic_id
            lost.append("Its topic no longer exists; the present one stays.")
        for name, value in stored.fields.items():
            setattr(article, name, value)
        article.save()
        for model in BLOCKS:
            model.objects.filter(parent=article).delete()
        pictures = set(Picture.objects.values_list("pk", flat=True))
        for block in stored.blocks:
            if isinstance(block, FigureBlock) and block.picture_id not in pictures:
                lost.append("A figure is left out: its picture was deleted.")
            else:
                block.save(force_insert=True)
    return lost
