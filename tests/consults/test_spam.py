import pytest

from consults.spam import MANY, SET_ASIDE_AT, SIGNALS, Client, Verdict, judge


def verdict(name="Dana Whitfield", note="", from_client=1, same_note=0, **client):
    return judge(name=name, note=note, client=Client(**client), from_client=from_client, same_note=same_note)


def test_an_ordinary_request_bears_no_sign():
    assert verdict().codes == []


@pytest.mark.parametrize("value", ["35216", "Acme Inc", "dana@mail.example"])
def test_a07_a_filled_trap_sets_aside(value):
    assert verdict(trap=value).is_suspect
    assert verdict(trap=value).codes == ["trap"]


@pytest.mark.parametrize("name", ["Claim your prize http://evil.example/x", "www.evil.example", "see evil.com now"])
def test_a11_a_name_that_is_an_advertisement_is_set_aside(name):
    assert verdict(name=name).is_suspect


@pytest.mark.parametrize("name", ["Dr. Dana Whitfield", "J.R. Smith Jr.", "O'Brien-Lee", "St.John", "Ana M.Ortiz"])
def test_names_with_dots_are_names(name):
    assert not verdict(name=name).codes


WEAK = [
    {"is_cross_site": True},
    {"has_foreign_origin": True},
    # A page read through a translation service is sent with both: still one thing seen.
    {"is_cross_site": True, "has_foreign_origin": True},
    {"took_ms": 900},
    {"note": "I read about it on example.com"},
]


@pytest.mark.parametrize("sign", WEAK)
def test_one_weak_sign_alone_sets_nothing_aside(sign):
    assert verdict(**sign).weight == 2
    assert not verdict(**sign).is_suspect


@pytest.mark.parametrize("one", WEAK[:3])
@pytest.mark.parametrize("other", WEAK[3:])
def test_two_different_weak_signs_set_aside(one, other):
    assert verdict(**one, **other).is_suspect


@pytest.mark.parametrize("took", [None, 3000, 10_000_000])
def test_a_time_that_is_long_or_not_known_means_nothing(took):
    assert verdict(took_ms=took).codes == []


def test_ten_requests_from_one_place_are_fine_and_many_are_not():
    assert verdict(from_client=10).codes == []
    assert verdict(from_client=MANY).codes == []
    assert verdict(from_client=MANY + 1).is_suspect


def test_the_same_note_from_three_other_places_sets_aside():
    assert verdict(same_note=2).codes == []
    assert verdict(same_note=3).is_suspect


def test_what_was_stored_is_explained_with_its_weights_even_when_a_sign_is_no_longer_known():
    stored = Verdict.of_codes(["fast", "gone since", "link_in_note"])
    assert [(sign.weight, sign.words) for sign in stored.signals][:2] == [(2, SIGNALS["fast"].words), (0, "gone since")]
    assert stored.weight == 4 >= SET_ASIDE_AT
