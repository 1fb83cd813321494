from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from articles.dashboard import review_queue
from articles.models import Review
from articles.review_mail import queue_review_mails
from articles.reviewing import MONTHS_12, TextChanged, due_reviews, sign, text_stamp
from clinic_site.core.models import OutboxMessage
from locations.models import Clinician
from tests.factories.articles import NOW, add_prose, make_article, make_review

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)


def make_clinician(**fields) -> Clinician:
    return Clinician.objects.create(**{"name": "Robin Example", "credential": "MD", **fields})


def sign_now(article, **changes) -> Review:
    given = {
        "clinician": make_clinician(),
        "user": None,
        "scope": "Medical accuracy",
        "stamp": text_stamp(article),
        "next_due_on": TODAY + MONTHS_12,
        "now": NOW,
        **changes,
    }
    return sign(article=article, **given)


def test_a_signature_is_a_record_of_who_what_and_until_when():
    article = make_article()
    user = User.objects.create_user("robin")
    review = sign_now(article, user=user)
    assert (review.reviewer_name, review.scope) == ("Robin Example, MD", "Medical accuracy")
    assert (review.reviewed_on, review.next_due_on) == (TODAY, date(2027, 11, 25))
    assert review.signed_by == user
    assert article.review == review


def test_a_text_that_changed_while_it_was_read_is_not_signed():
    article = make_article()
    stamp = text_stamp(article)
    add_prose(article, "<p>One more sentence.</p>")
    with pytest.raises(TextChanged):
        sign_now(article, stamp=stamp)
    assert not Review.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_review_is_due_again_within_twelve_months(days):
    with pytest.raises(ValidationError):
        sign_now(make_article(), next_due_on=TODAY + timedelta(days=days))


@pytest.fixture
def clinician(client):
    """A browser in which a clinician is signed in."""
    user = User.objects.create_superuser("robin")
    make_clinician(user=user)
    client.force_login(user)
    return client


def signature(article, **changes) -> dict:
    return {
        "stamp": text_stamp(article),
        "scope": "Medical accuracy",
        "next_due_on": (timezone.localdate() + MONTHS_12).isoformat(),
        "has_read": "on",
        **changes,
    }


def test_a_clinician_signs_below_the_preview_and_readers_see_it(clinician):
    article = make_article(published_at=timezone.now())
    response = clinician.post(reverse("admin:articles_sign", args=[article.pk]), signature(article), follow=True)
    assert "Signed: readers see “Reviewed by Robin Example, MD”" in response.content.decode()
    assert "Reviewed by Robin Example, MD" in clinician.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"has_read": ""}, "Tick this to sign."),
        ({"next_due_on": "2020-01-01"}, "later than the day of the review"),
        ({"next_due_on": "soon"}, "Enter a valid date"),
        ({"scope": ""}, "required"),
    ],
)
def test_a_signature_that_cannot_stand_is_explained_and_kept(clinician, changes, words):
    article = make_article(published_at=timezone.now())
    post = {**signature(article), "scope": "Doses only", **changes}
    response = clinician.post(reverse("admin:articles_sign", args=[article.pk]), post)
    html = response.content.decode()
    assert words in html
    assert "Doses only" in html or "scope" in changes
    assert not Review.objects.exists()


def test_staff_who_are_no_clinician_do_not_sign(staff):
    article = make_article()
    assert staff.post(reverse("admin:articles_sign", args=[article.pk]), signature(article)).status_code == 403
    assert "Only a clinician signs" in staff.get(reverse("admin:articles_preview", args=[article.pk])).content.decode()
    assert not Review.objects.exists()


def test_a_text_changed_under_the_clinicians_eyes_is_told(clinician):
    article = make_article(published_at=timezone.now())
    post = signature(article)
    add_prose(article, "<p>One more sentence.</p>")
    response = clinician.post(reverse("admin:articles_sign", args=[article.pk]), post, follow=True)
    assert "changed while you were reading" in response.content.decode()
    assert not Review.objects.exists()


def test_the_queue_names_what_is_missing_overdue_and_due_within_sixty_days():
    year = timedelta(days=365)
    titles = {"Overdue": -1, "Due soon": 60, "Due later": 61}
    for title, days in titles.items():
        due = TODAY + timedelta(days=days)
        make_review(make_article(title=title), reviewed_on=due - year, next_due_on=due)
    make_article(title="Never")
    make_review(make_article(title="Changed since"), voided_at=NOW)
    make_article(title="Asked for", published_at=None, in_review_since=NOW)
    make_article(title="Draft", published_at=None)
    make_article(title="Not medical", is_medical=False)
    make_article(title="Withdrawn", withdrawn_at=NOW)
    due = due_reviews(now=NOW)
    assert [entry.article.title for entry in due] == ["Asked for", "Changed since", "Never", "Overdue", "Due soon"]
    assert [entry.is_overdue for entry in due] == [False, False, False, True, False]


def test_the_queue_asks_as_often_for_one_as_for_ten(django_assert_num_queries):
    make_review(make_article(), voided_at=NOW)
    with django_assert_num_queries(3):
        due_reviews(now=NOW)
    for _ in range(9):
        make_review(make_article())
    with django_assert_num_queries(3):
        due_reviews(now=NOW)


def test_each_owner_gets_one_mail_with_their_own_pages():
    owner = User.objects.create_user("ann", email="ann@clinic.example")
    User.objects.create_superuser("boss", email="boss@clinic.example")
    gone = User.objects.create_user("gone", email="gone@clinic.example", is_active=False)
    make_article(title="Hers one", owner=owner)
    make_article(title="Hers two", owner=owner)
    make_article(title="Nobody’s")
    make_article(title="Of one who left", owner=gone)
    queue_review_mails(now=NOW)
    mails = {mail.to_address: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {"ann@clinic.example", "boss@clinic.example"}
    assert mails["ann@clinic.example"].subject == "Reviews due: 2 articles"
    assert "Hers one" in mails["ann@clinic.example"].body
    assert "Nobody’s" not in mails["ann@clinic.example"].body
    assert "Of one who left" in mails["boss@clinic.example"].body
    assert "http://clinic.example/admin/articles/article/" in mails["boss@clinic.example"].body


def test_no_mail_when_nothing_is_due():
    User.objects.create_superuser("boss", email="boss@clinic.example")
    make_review(make_article())
    queue_review_mails(now=NOW)
    assert not OutboxMessage.objects.exists()


def test_the_first_screen_shows_the_queue_to_those_who_see_articles(staff):
    article = make_article(title="Needs reading", published_at=timezone.now())
    html = staff.get("/admin/").content.decode()
    assert "Articles that need a clinician" in html
    assert reverse("admin:articles_preview", args=[article.pk]) in html
    assert review_queue(User.objects.create_user("desk"), now=NOW) is None
