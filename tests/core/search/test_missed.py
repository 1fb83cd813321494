from datetime import date, timedelta

import pytest
from django.db import DatabaseError

from clinic_site.core.models import MissedSearch
from clinic_site.core.search import missed, read_query
from clinic_site.core.search.missed import count_missed, forget_missed
from tests.factories.articles import NOW

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 25)


def count(typed: str, today: date = TODAY) -> None:
    count_missed(read_query(typed), today=today)


def test_the_same_words_are_counted_together_with_the_last_day_alone():
    count("Parking?", TODAY - timedelta(days=3))
    count("  PARKING ")
    assert list(MissedSearch.objects.values_list("term", "count", "last_on")) == [("parking", 2, TODAY)]
    assert {field.name for field in MissedSearch._meta.fields} == {"id", "term", "count", "last_on"}


@pytest.mark.parametrize(
    "typed",
    [
        "dana@mail.example",
        "2055550142",
        "205-555-0142",
        "(205) 555 0142",
        "205.555.0142",
        "35216-1234",
        "my name is dana whitfield and",
        "one two three four five six",
        "x" * 61,
        "?",
        "",
        "\0",
    ],
)
def test_words_that_may_tell_of_a_person_are_not_kept(typed):
    count(typed)
    assert not MissedSearch.objects.exists()


@pytest.mark.parametrize("typed", ["covid 19", "2 days a week", "top 10", "vitamin b12"])
def test_short_numbers_are_kept(typed):
    count(typed)
    assert MissedSearch.objects.exists()


def test_a_flood_of_nonsense_stops_at_a_limit(monkeypatch):
    monkeypatch.setattr(missed, "MOST_TERMS", 2)
    for word in ("one", "two", "three", "one"):
        count(word)
    assert set(MissedSearch.objects.values_list("term", "count")) == {("one", 2), ("two", 1)}


def test_a_reader_gets_an_answer_also_when_nothing_can_be_counted(monkeypatch, caplog):
    def fail(**fields):
        raise DatabaseError("zebrafinch")

    monkeypatch.setattr(MissedSearch.objects, "filter", fail)
    count("zebrafinch")
    assert "not counted" in caplog.text
    assert "zebrafinch" not in caplog.text


def test_what_nobody_has_searched_for_in_a_year_is_forgotten():
    count("old", TODAY - timedelta(days=366))
    count("kept", TODAY - timedelta(days=365))
    forget_missed(now=NOW)
    assert [row.term for row in MissedSearch.objects.all()] == ["kept"]
