"""What the security advisories of 2024 to 2026 warn of, asked of our site from outside.

Here: who may write and read what. What arrives in headers and files is in test_advisories_input, how long
things take in test_advisories_time, what we run in test_advisories_parts. SECURITY.md lists every advisory
with its test, or why it does not touch us.
"""

import io
import re
from unittest.mock import patch

import pytest
from django.contrib import admin
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.contrib.contenttypes.admin import GenericInlineModelAdmin
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.test import Client
from django.urls import reverse

from articles.models import Article, ProseBlock, Reference
from clinic_site.backups.media import FOLDER, put_back
from clinic_site.core.inlines import BoundedInlineMixin
from clinic_site.core.models import Picture
from clinic_site.roles import EDITOR
from locations.models import Hours, Location
from tests.articles.admin_client import errors, unchanged
from tests.factories.articles import add_prose, make_article, make_reference
from tests.factories.consults import PASSWORD, make_front_desk, make_request, make_role, make_staff_user
from tests.factories.locations import make_hours, make_location
from tests.factories.pictures import phone_photo
from tests.signin.people import enter

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def staff(client) -> Client:
    """A browser in which somebody who may do everything is signed in."""
    client.force_login(User.objects.create_superuser("all"))
    return client


def changelist(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


# SQL by the names of parameters --------------------------------------------------------------------
# CVE-2024-42005, CVE-2024-53908, CVE-2025-57833, CVE-2025-59681, CVE-2025-64459, CVE-2025-13372, CVE-2026-1207,
# CVE-2026-1287, CVE-2026-1312, CVE-2026-15307: a key, an alias or a lookup that the visitor chose.

KEYS = {
    "_connector": "OR 1=1 OR",
    "_negated": "1",
    "detail__a' = 'a') OR 1=1 --": "1",
    'spam_reasons__"x" OR 1=1 --': "1",
    "pk__in": "(SELECT 1)",
    "user__password__startswith": "argon2",
    "id\x0b__gt": "0",
    "o": "1.-2.x'--.999999999999999999999",
    "p": "9" * 5000,
    "all": "'",
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_list_of_the_admin_takes_a_key_that_it_does_not_know(staff, model):
    known = {"o", "p", "all"}  # the list's own: a value that is none is no fault
    for name, value in KEYS.items():
        response = staff.get(changelist(model), {name: value})
        assert response.status_code in {200, 302, 400, 403}, (name, response.status_code)
        if response.status_code == 200 and name not in known | {"pk__in"}:
            assert response.context["cl"].get_filters_params() == {}, name
        assert response.status_code != 302 or "e=1" in response.url or name in known, name


def test_no_parameter_widens_what_the_front_desk_sees(client):
    here, there = make_location(name="Here"), make_location(name="There")
    foreign = make_request(location=there)
    client.force_login(make_front_desk(here, username="desk"))
    path = reverse("admin:consults_consultrequest_changelist")
    for query in ({"_connector": "OR"}, {"_negated": "1"}, {"location__id__exact": there.pk}, {"pk": foreign.pk}):
        page = client.get(path, query, follow=True).content.decode()
        assert foreign.reference not in page.replace("-", ""), query


@pytest.mark.usefixtures("content")
def test_readers_parameters_are_looked_at_by_name(client):
    for path in ("/", "/articles/", "/search/?q=ketamine", "/consult/"):
        mark = "&" if "?" in path else "?"
        plain = client.get(path).content
        for more in ("_connector=OR+1%3D1", "pk__in=1&user__password__startswith=a", "o=-1", "a'%20OR%201=1--=1"):
            assert client.get(f"{path}{mark}{more}").content == plain, (path, more)


# What a forged form may write ------------------------------------------------------------------------
# CVE-2026-4277, CVE-2026-4292, CVE-2026-87975.


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_writes_nothing_whatever_rows_are_posted_to_it(staff, model):
    field = next(iter(model._meta.concrete_fields)).name
    rows = list(model._default_manager.values_list("pk", flat=True))
    post = {
        "_save": "Save",
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "0",
        f"form-0-{field}": "1",
        "form-1-id": "",
    }
    assert staff.post(changelist(model), post).status_code in {200, 302, 403, 405}
    assert list(model._default_manager.values_list("pk", flat=True)) == rows
    options = admin.site._registry[model]
    assert options.list_editable == ()
    for inline in options.inlines:
        assert not issubclass(inline, GenericInlineModelAdmin)
        assert inline.model._meta.pk.get_internal_type() == "BigAutoField"  # no form can name the row it writes


@pytest.mark.either
def test_no_more_rows_are_built_than_a_form_can_send_whatever_number_it_names(staff):
    make_one = {Article: make_article, Location: make_location}
    for model in (model for model in MODELS if admin.site._registry[model].inlines):
        assert all(issubclass(inline, BoundedInlineMixin) for inline in admin.site._registry[model].inlines)
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[make_one[model]().pk])
        page = staff.get(path)
        rows = page.context["inline_admin_formsets"][0].formset.prefix
        response = staff.post(path, {**unchanged(page), f"{rows}-TOTAL_FORMS": "9" * 20})
        assert response.status_code == 200
        assert "Please submit at most 200 forms" in errors(response)
        assert len(response.context["inline_admin_formsets"][0].formset.forms) == 200


def test_a_row_of_another_clinic_can_neither_be_changed_nor_deleted_by_its_number(staff):
    mine, other = make_location(name="Mine"), make_location(name="Other")
    (foreign,) = make_hours(other, "08:00-12:00", days=(0,))
    make_hours(mine, "09:00-17:00", days=(1,))
    path = reverse("admin:locations_location_change", args=[mine.pk])
    post = unchanged(staff.get(path))
    for more in ({"hours-0-closes": "23:00"}, {"hours-0-DELETE": "on"}):
        staff.post(path, {**post, "hours-0-id": foreign.pk, **more})
        assert Hours.objects.filter(pk=foreign.pk, closes=foreign.closes, location=other).exists()


def test_a_paragraph_of_another_article_can_neither_be_changed_nor_deleted_by_its_number(staff):
    mine, other = make_article(), make_article()
    add_prose(mine)
    foreign = add_prose(other, "<p>Theirs.</p>")
    path = reverse("admin:articles_article_change", args=[mine.pk])
    post = unchanged(staff.get(path))
    for more in ({"articles_proseblock_set-0-body": "<p>Mine.</p>"}, {"articles_proseblock_set-0-DELETE": "on"}):
        staff.post(path, {**post, "articles_proseblock_set-0-id": foreign.pk, **more})
        stored = ProseBlock.objects.get(pk=foreign.pk)
        assert (stored.parent_id, "Theirs." in str(vars(stored))) == (other.pk, True)


# Links that run ---------------------------------------------------------------------------------------
# CVE-2026-15920, CVE-2024-41991 (AdminURLFieldWidget).


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JavaScript:alert(1)//https://", "data:text/html,x", "//e.example"]
)
def test_a_stored_link_that_runs_is_no_link_anywhere(staff, link):
    source, article = make_reference("doe2020", doi=""), make_article()
    add_prose(article, "<p>Text [@doe2020].</p>")
    Reference.objects.update(link=link)
    looks = Client()
    looks.force_login(make_staff_user("articles.view_reference"))
    change = reverse("admin:articles_reference_change", args=[source.pk])
    answers = [
        staff.get(changelist(Reference)),
        staff.get(change),
        looks.get(change),
        Client().get(article.get_absolute_url()),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert f'href="{link}"'.lower() not in answer.content.decode().lower()
    assert source.title in answers[-1].content.decode()
    with pytest.raises(ValidationError):
        Reference.objects.get().full_clean()


# Who has an account -------------------------------------------------------------------------------------
# CVE-2024-39329, CVE-2025-13473 (by the time), CVE-2024-45231 (by the answer), CVE-2026-97764 (by spelling the name
# otherwise there are more tries). How passwords by mail answer: tests/signin/test_reset.py.


def test_an_account_without_a_password_costs_as_much_work_as_any_other(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    hasher = hashers.Argon2PasswordHasher
    for name, password in (("none", None), ("known", PASSWORD)):
        user = make_role(EDITOR, username=name)
        user.set_password(password)
        user.save()
    work = {}
    for name in ("none", "known", "nobody"):
        with (
            patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as made,
            patch.object(hasher, "verify", autospec=True, side_effect=hasher.verify) as checked,
        ):
            assert enter(Client(), name, "wrong").status_code == 200
        work[name] = made.call_count + checked.call_count
    assert work == {"none": 1, "known": 1, "nobody": 1}


def test_no_other_spelling_of_a_name_gives_more_tries():
    make_role(EDITOR, username="josé")
    for spelling in ("JOSÉ", "jose", "jose\u0301", "ｊosé", "josé\u200b", "josé\0"):
        assert enter(Client(), spelling).status_code == 200, spelling  # nobody's name: the right password opens nothing
    for spelling in ("josé", " josé", "josé ", "\tjosé\n", "josé"):
        assert enter(Client(), spelling, "wrong").status_code == 200
    assert "Too many wrong tries" in enter(Client(), " josé ").content.decode()


# Files that lie elsewhere --------------------------------------------------------------------------------
# CVE-2024-39330 (names of uploads), CVE-2025-59682 (archives), CVE-2026-25674 (what others may read).

NAMES = [
    "../../x.jpg",
    "..\\..\\x.jpg",
    "/etc/x.jpg",
    "x.jpg/../../../y",
    "x.../../y",
    "%2e%2e/x.jpg",
    "x.jpg\0.php",
    ".",
]
NO_NAMES = {"x.../../y", "x.jpg/../../../y", "."}  # the field says that it needs a picture


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_an_upload_says_nothing_of_where_it_lies(staff, media, tmp_path, name):
    fields = {"title": "Door", "alt": "A door.", "focal_x": "50", "focal_y": "50"}
    parts = [f'name="{field}"\r\n\r\n{value}'.encode() for field, value in fields.items()]
    # Raw: the test client would take the folders out of a name.
    parts.append(f'name="file"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + phone_photo())
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--x--\r\n"
    response = staff.post(reverse("admin:core_picture_add"), body, content_type="multipart/form-data; boundary=x")
    assert response.status_code in {200, 302}
    assert Picture.objects.exists() or name in NO_NAMES
    for picture in Picture.objects.all():
        assert re.fullmatch(r"pictures/[0-9a-f]{16}\.jpg", picture.file.name)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in written} <= {media / "pictures"}


@pytest.mark.parametrize("path", ["/media/", "/static/"])
def test_no_path_leads_out_of_a_folder(client, path):
    for way in (
        "../manage.py",
        "..%2f..%2fetc/passwd",
        "....//x",
        "%2e%2e/%2e%2e/.env",
        "/etc/passwd",
        "css/../../.env",
    ):
        assert client.get(path + way).status_code in {301, 404}, way
        assert client.get(path + way, follow=True).status_code == 404, way


@pytest.mark.parametrize("name", ["../x", "../../x", "/tmp/advisory-x", "a/../../x", "pictures/../../x"])  # noqa: S108
def test_no_member_of_a_backup_is_put_back_elsewhere(media, tmp_path, name):
    with pytest.raises(SuspiciousFileOperation):
        put_back(FOLDER + name, io.BytesIO(b"x"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
