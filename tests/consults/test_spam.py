import pytest

from consults.spam import MANY, SAME_NOTES, Client, judge


def verdict(name="Dana Whitfield", note="", recent=0, same_note=0, **client):
    return judge(
        name=name, note=note, client=Client(**client), recent_from_client=recent, same_note_elsewhere=same_note
    )


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


def test_one_weak_sign_alone_sets_nothing_aside():
    assert not verdict(is_cross_site=True).is_suspect
    assert not verdict(has_foreign_origin=True).is_suspect
    assert verdict(is_cross_site=True, has_foreign_origin=True).is_suspect


def test_a_quick_hand_alone_sets_nothing_aside():
    assert verdict(took=2999).codes == ["too_fast"]
    assert not verdict(took=2999).is_suspect
    assert verdict(took=3000).codes == verdict(took=None).codes == []
    assert verdict(took=500, has_foreign_origin=True).is_suspect


def test_the_same_note_from_many_places_is_set_aside():
    assert not verdict(same_note=SAME_NOTES - 1).codes
    assert verdict(same_note=SAME_NOTES).is_suspect


def test_ten_requests_from_one_place_are_fine_and_many_are_not():
    assert not verdict(recent=9).is_suspect
    assert verdict(recent=MANY).is_suspect
