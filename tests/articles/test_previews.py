from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from articles.models import PreviewLink
from articles.previews import find_preview, make_preview_link
from tests.factories.articles import NOW, make_article

pytestmark = pytest.mark.django_db


def make_link(article=None, *, days: int = 7, now=NOW) -> tuple[PreviewLink, str]:
    article = article or make_article(published_at=None)
    return make_preview_link(article=article, purpose="Dr. Example", days=days, by=None, now=now)


def address(secret: str) -> str:
    return reverse("articles:preview", args=[secret])


def test_a_link_opens_its_own_unpublished_page_and_is_kept_by_nobody(client):
    now = timezone.now()
    draft, other = make_article(title="Draft one", published_at=None), make_article(published_at=None)
    _, secret = make_link(draft, now=now)
    response = client.get(address(secret))
    html = response.content.decode()
    assert response.status_code == 200
    assert "Draft one" in html
    assert "Readers do not see this article" in html
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in html
    assert 'rel="canonical"' not in html
    assert not response.cookies
    # One page only: nothing else opens because of it.
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert client.get(other.get_absolute_url()).status_code == 404


def test_a_link_stops_when_its_time_is_up():
    link, secret = make_link(days=1)
    assert find_preview(secret=secret, now=NOW + timedelta(days=1, seconds=-1)) == link
    assert find_preview(secret=secret, now=NOW + timedelta(days=1)) is None


def test_a_link_that_was_taken_back_opens_nothing(client, staff):
    now = timezone.now()
    link, secret = make_link(now=now)
    staff.post(reverse("admin:articles_preview_revoke", args=[link.article_id, link.pk]))
    assert client.get(address(secret)).status_code == 404


@pytest.mark.parametrize("secret", ["x", "a" * 32, "a\0b", "é" * 40, "..%2f", "0" * 5000])
def test_what_was_never_given_out_opens_nothing(client, secret):
    make_link(now=timezone.now())
    response = client.get("/preview/" + secret.replace("\0", "%00") + "/")
    assert response.status_code in (400, 404)
    assert response["Cache-Control"] == "no-store"


def test_secrets_are_long_random_and_not_kept():
    secrets = [make_link()[1] for _ in range(20)]
    assert len(set(secrets)) == 20
    assert min(map(len, secrets)) >= 32
    assert not set(secrets) & set(PreviewLink.objects.values_list("secret_hash", flat=True))


def test_staff_see_the_secret_once(staff):
    article = make_article(published_at=None)
    page = reverse("admin:articles_preview", args=[article.pk])
    staff.post(reverse("admin:articles_preview_links", args=[article.pk]), {"purpose": "Dr. Example", "days": "7"})
    first, second = staff.get(page).content.decode(), staff.get(page).content.decode()
    assert "http://clinic.example/preview/" in first
    assert "http://clinic.example/preview/" not in second
    assert "Dr. Example" in second


@pytest.mark.parametrize("sent", [{"purpose": "", "days": "7"}, {"purpose": "x", "days": "9999"}, {}])
def test_a_link_needs_a_name_and_an_end(staff, sent):
    article = make_article(published_at=None)
    response = staff.post(reverse("admin:articles_preview_links", args=[article.pk]), sent)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not PreviewLink.objects.exists()


def test_the_frame_of_the_preview_page_shows_the_real_template(staff):
    article = make_article(title="Framed", published_at=None)
    frame = staff.get(reverse("admin:articles_preview_page", args=[article.pk]))
    assert "Framed" in frame.content.decode()
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]
    assert "no-store" in frame["Cache-Control"]
    page = staff.get(reverse("admin:articles_preview", args=[article.pk]))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["articles_preview", "articles_preview_page", "articles_publish", "articles_versions"])
def test_only_staff_who_see_articles_open_these_pages(client, name):
    path = reverse(f"admin:{name}", args=[make_article(published_at=None).pk])
    assert client.get(path).status_code == 302  # to the sign-in page
    client.force_login(User.objects.create_user("desk", is_staff=True))
    assert client.get(path).status_code == 403
