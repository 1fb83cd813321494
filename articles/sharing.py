"""The picture of an article that apps show when it is shared."""

from django.urls import reverse

from clinic_site.core.models import ClinicIdentity
from clinic_site.core.share_picture import SharePicture

from .models import Article


def picture_for(article: Article, clinic: ClinicIdentity) -> SharePicture:
    """The title under the article's own landscape, with the clinic's name."""
    return SharePicture(title=article.title, byline=clinic.name, scene_key=article.slug)


def picture_path(article: Article, clinic: ClinicIdentity) -> str:
    """The address of the picture. A new title makes a new address, since apps keep pictures for long."""
    return reverse("articles:share-picture", args=[article.slug, picture_for(article, clinic).version])
