from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article, ForbiddenWord, State
from articles.publishing import NotPossible, NotReady, ask_for_review, back_to_draft, publish, withdraw
from clinic_site.core.content_stamp import read_stamp
from tests.caching import PUBLIC
from tests.factories.articles import NOW, add_prose, make_article, make_review

CHICAGO = ZoneInfo("America/Chicago")
MOMENTS = st.none() | st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))


def ready_article(**fields) -> Article:
    """Return a draft that passes the checklist."""
    article = make_article(**{"published_at": None, "is_medical": False, **fields})
    add_prose(article, "<h2>A heading</h2><p>A plain paragraph with nothing to prove.</p>")
    return article


@given(published_at=MOMENTS, withdrawn_at=MOMENTS, in_review_since=MOMENTS)
def test_an_article_is_in_exactly_one_state(published_at, withdrawn_at, in_review_since):
    article = Article(published_at=published_at, withdrawn_at=withdrawn_at, in_review_since=in_review_since)
    assert article.state(NOW) in State


@pytest.mark.django_db
def test_the_database_and_the_row_agree_on_the_state():
    hours = [None, -2, 0, 2]
    at = {hour: None if hour is None else NOW + timedelta(hours=hour) for hour in hours}
    for published in hours:
        for withdrawn in hours if published is not None else [None]:
            for asked in [None] if published is not None else [None, -1]:
                make_article(
                    published_at=at[published],
                    withdrawn_at=at[withdrawn],
                    in_review_since=NOW + timedelta(hours=asked) if asked else None,
                )
    found = {state: set(Article.objects.in_state(state, NOW).values_list("pk", flat=True)) for state in State}
    for article in Article.objects.all():
        assert [state for state in State if article.pk in found[state]] == [article.state(NOW)]


@pytest.mark.django_db
def test_a25_a_scheduled_article_appears_at_its_minute_and_shows_the_clinics_own_date(client, time_machine):
    nine = datetime(2026, 6, 1, 9, tzinfo=CHICAGO)  # 14:00 UTC
    article = ready_article(slug="scheduled", title="Scheduled")
    publish(article=article, at=nine, now=datetime(2026, 5, 30, tzinfo=CHICAGO))
    places = ["/articles/scheduled/", "/articles/", f"/articles/topics/{article.topic.slug}/", "/"]

    def shows() -> list[bool]:
        return ["Scheduled" in client.get(place).content.decode() for place in places]

    time_machine.move_to(datetime(2026, 6, 1, 13, 59, 59, tzinfo=ZoneInfo("UTC")), tick=False)
    assert client.get(places[0]).status_code == 404
    assert shows() == [False, False, False, False]
    stamp = read_stamp()
    time_machine.move_to(datetime(2026, 6, 1, 14, 0, 0, tzinfo=ZoneInfo("UTC")), tick=False)
    # Nothing was written, yet pages kept before are no longer right.
    assert read_stamp() != stamp
    assert client.get(places[0]).status_code == 200
    assert shows() == [True, True, True, True]
    assert {client.get(place)["Cache-Control"] for place in places} == {PUBLIC}


@pytest.mark.django_db
def test_publishing_enforces_what_a_draft_may_lack():
    ForbiddenWord.objects.create(words="miracle")
    article = ready_article()
    add_prose(article, "<p>This is a miracle.</p>")
    with pytest.raises(NotReady) as refusal:
        publish(article=article, at=NOW, now=NOW)
    assert "miracle" in refusal.value.findings[0].text
    article.refresh_from_db()
    assert article.state(NOW) == State.DRAFT


@pytest.mark.django_db
def test_a_medical_article_needs_a_standing_review_where_one_is_required(settings):
    settings.REQUIRE_REVIEW = True
    article = ready_article(is_medical=True)
    with pytest.raises(NotReady):
        publish(article=article, at=NOW, now=NOW)


@pytest.mark.django_db
def test_an_article_is_not_published_in_the_past():
    with pytest.raises(NotPossible, match="has passed"):
        publish(article=ready_article(), at=NOW - timedelta(seconds=1), now=NOW)


@pytest.mark.django_db
def test_the_way_there_and_back():
    article = ready_article()
    changed = article.modified_at
    ask_for_review(article=article, now=NOW)
    assert article.state(NOW) == State.IN_REVIEW
    publish(article=article, at=NOW + timedelta(hours=1), now=NOW)
    assert article.state(NOW) == State.SCHEDULED
    back_to_draft(article=article, now=NOW)
    assert article.state(NOW) == State.DRAFT
    publish(article=article, at=NOW, now=NOW)
    withdraw(article=article, now=NOW + timedelta(hours=1))
    article.refresh_from_db()
    assert article.state(NOW + timedelta(hours=1)) == State.WITHDRAWN
    assert article.state(NOW + timedelta(minutes=59)) == State.PUBLISHED
    publish(article=article, at=NOW + timedelta(hours=2), now=NOW + timedelta(hours=2))
    article.refresh_from_db()
    assert article.state(NOW + timedelta(hours=2)) == State.PUBLISHED
    # Readers are not told of an update when only the state has changed.
    assert article.modified_at == changed


@pytest.mark.parametrize("step", [ask_for_review, withdraw])
@pytest.mark.django_db
def test_a_step_that_is_no_longer_possible_is_refused(step):
    article = make_article(published_at=NOW + timedelta(days=1))
    with pytest.raises(NotPossible, match="scheduled"):
        step(article=article, now=NOW)


@pytest.mark.django_db
def test_what_readers_see_already_is_not_published_again():
    article = make_article(published_at=NOW - timedelta(days=3))
    with pytest.raises(NotPossible, match="published"):
        publish(article=article, at=NOW, now=NOW)
    article.refresh_from_db()
    assert article.published_at == NOW - timedelta(days=3)


@pytest.mark.parametrize("step", [ask_for_review, lambda **about: publish(at=NOW, **about)])
@pytest.mark.django_db
def test_of_two_who_take_a_step_at_once_the_second_changes_nothing(step):
    mine = ready_article()
    theirs = Article.objects.get(pk=mine.pk)
    publish(article=theirs, at=NOW + timedelta(days=1), now=NOW)
    with pytest.raises(NotPossible, match="faster"):
        step(article=mine, now=NOW)
    mine.refresh_from_db()
    assert mine.state(NOW) == State.SCHEDULED


@pytest.mark.django_db
def test_a26_what_is_withdrawn_leaves_no_trace(client):
    article = make_article(title="Zebrafinch", summary="Of the zebrafinch.", published_at=NOW - timedelta(days=2))
    add_prose(article, "<h2>Zebrafinch</h2><p>It sings.</p>")
    make_review(article)
    others = [make_article(topic=article.topic) for _ in range(2)]
    places = ["/", "/articles/", f"/articles/topics/{article.topic.slug}/", others[0].get_absolute_url()]
    assert all("zebrafinch" in client.get(place).content.decode().lower() for place in places)
    withdraw(article=Article.objects.get(pk=article.pk), now=NOW)
    assert client.get(article.get_absolute_url()).status_code == 404
    assert not any("zebrafinch" in client.get(place).content.decode().lower() for place in places)
