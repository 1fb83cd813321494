import pytest
from django.template import Context, Template
from django.test import RequestFactory

from clinic_site.core.models import ClinicIdentity
from clinic_site.core.site_wide import STAMP, remembered


def request(stamp: str | None = None):
    return RequestFactory().get("/", **({STAMP: stamp} if stamp else {}))


def test_a_value_is_made_once_for_a_stamp_and_anew_for_the_next():
    made = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [remembered(request(stamp), "number", make) for stamp in ("a", "a", "b", "b")] == [1, 1, 2, 2]
    assert remembered(request("b"), "another", make) == 3


def test_without_a_stamp_nothing_is_kept():
    values = iter(range(9))
    assert [remembered(request(), "number", lambda: next(values)) for _ in "123"] == [0, 1, 2]


def test_a_late_page_of_an_old_stamp_leaves_nothing_old_to_the_new_one():
    content = ["old"]
    assert remembered(request("one"), "text", lambda: content[0]) == "old"
    content[0] = "new"
    assert remembered(request("two"), "text", lambda: content[0]) == "new"
    remembered(request("one"), "text", lambda: content[0])
    assert remembered(request("two"), "text", lambda: content[0]) == "new"


@pytest.mark.django_db
def test_a_shared_part_of_a_page_changes_with_the_stamp_and_sees_nothing_of_the_page():
    part = Template('{% load site_wide %}{% site_wide "components/bar.html" %}')

    def shown(stamp: str | None) -> str:
        return part.render(Context({"request": request(stamp), "clinic": "another one"}))

    def set_phone(phone: str) -> None:
        ClinicIdentity.objects.update_or_create(pk=1, defaults={"name": "Clinic", "phone": phone})

    set_phone("+12055550101")
    assert "tel:+1-205-555-0101" in shown("first")
    set_phone("+12055550102")
    assert ["tel:+1-205-555-0102" in shown(stamp) for stamp in ("first", "second", None)] == [False, True, True]
