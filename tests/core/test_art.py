from xml.etree import ElementTree

import pytest

from clinic_site.core.art import scene


def test_the_same_slug_is_always_the_same_picture():
    assert scene("ptsd") == scene("ptsd") != scene("ocd")


@pytest.mark.parametrize("key", ["a", "birmingham", "x" * 120])
def test_a_picture_is_small_standalone_and_well_formed(key):
    picture = scene(key)
    root = ElementTree.fromstring(picture)  # noqa: S314  (our own output)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("640", "400")
    assert len(picture) < 12_000
