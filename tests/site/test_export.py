"""A clinic can leave: everything comes out as plain files, and content goes into an empty site again."""

import csv
import re
from datetime import date, time, timedelta
from difflib import unified_diff
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image

from articles.models import Article, Question, Review
from clinic_site.core.models import AuditEntry, Page, Picture, Redirect
from clinic_site.core.renditions import make_renditions
from consults.models import Activity
from locations.models import Clinician, Closure, Hours, Location, LocationPhoto
from tests.content import _tables
from tests.factories.articles import add_figure
from tests.factories.consults import make_quarantined_request, make_request
from tests.factories.pictures import ready_picture
from tests.factories.posts import NOW


@pytest.fixture
def grown(content):
    """The initial content, and some of everything that staff add to it."""
    picture = ready_picture(Image.new("RGB", (1000, 700), "green"), title="Door", alt="A green door.", focal_x=30)
    clinic = Location.objects.get(slug="birmingham")
    clinic.parking, clinic.phone = "Behind the house.\nTwo hours.", "tel:+1-205-555-0100;ext=7"
    clinic.save()
    Hours.objects.create(location=clinic, weekday=2, opens=time(9), closes=time(17, 30))
    Closure.objects.create(starts_on=date(2026, 12, 24), ends_on=date(2026, 12, 26), reason="Holidays")
    Closure.objects.create(
        location=clinic, starts_on=date(2026, 12, 31), ends_on=date(2026, 12, 31), reason="Inventory"
    )
    LocationPhoto.objects.create(location=clinic, picture=picture, caption="The door")
    clinician = Clinician.objects.create(name="Sam Example", credential="MD", photo=picture, is_shown=True)
    clinician.locations.add(clinic)
    first, second, third = Article.objects.order_by("pk")[:3]
    add_figure(first, picture=picture)
    Review.objects.create(
        article=first, clinician=clinician, credential="MD", reviewed_on=NOW.date(), next_due_on=date(2027, 5, 1)
    )
    Article.objects.filter(pk=second.pk).update(published_at=None)
    Article.objects.filter(pk=third.pk).update(withdrawn_at=NOW - timedelta(days=1))
    Page.objects.filter(slug="about").update(in_footer=False, modified_at=NOW - timedelta(days=30))
    Question.objects.filter(slug="is-ketamine-legal").update(is_shown=False)
    long = "/" + "old/" * 60
    Redirect.objects.create(old_path=long, new_path="/about/", created_at=NOW)
    Redirect.objects.create(old_path="/gone/", new_path="", is_manual=True, created_at=NOW)
    return [first, second, third, long]


def export(folder: Path, **options) -> str:
    out = StringIO()
    call_command("export_site", str(folder), stdout=out, stderr=out, **options)
    return out.getvalue()


def addresses(client) -> list[str]:
    sitemap = client.get("/sitemap.xml").content.decode()
    pages = [re.sub(r"^https?://[^/]+", "", address) for address in re.findall(r"<loc>(.*?)</loc>", sitemap)]
    feeds = ["/articles/", "/questions/", "/locations/", "/sitemap.xml"]
    return sorted({*pages, *feeds})


def pages(client, paths: list[str]) -> dict[str, tuple[int, str]]:
    return {path: ((answer := client.get(path)).status_code, answer.content.decode()) for path in paths}


def empty_content() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            names = ", ".join(f'"{table}"' for table, _ in _tables() if "auditentry" not in table)
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
            cursor.execute("DELETE FROM sqlite_sequence")
            for table, _ in _tables():
                if "auditentry" not in table:
                    cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608


def test_content_goes_out_and_in_again_and_every_page_is_the_same(grown, client, tmp_path, settings):
    *articles, long = grown
    paths = [*addresses(client), *(article.get_absolute_url() for article in articles), long, "/gone/"]
    before = pages(client, paths)
    assert {status for status, _ in before.values()} == {200, 301, 404, 410}
    said = export(tmp_path / "out")
    assert "articles 10" in said
    assert "pictures 1" in said
    empty_content()
    settings.MEDIA_ROOT = tmp_path / "another-media"
    assert pages(client, ["/about/"])["/about/"][0] == 404
    call_command("load_content", folder=tmp_path / "out" / "content", verbosity=0)
    picture = Picture.objects.get()
    assert default_storage.exists(picture.file.name)
    assert make_renditions(picture)
    after = pages(client, paths)
    for path in paths:
        assert after[path][0] == before[path][0], path
        was, is_now = (found[path][1].splitlines() for found in (before, after))
        assert "\n".join(unified_diff(was, is_now, n=0)) == ""
    assert Review.objects.get().stands
    assert Location.objects.get(slug="birmingham").phone_link == "tel:+1-205-555-0100;ext=7"
    assert export(tmp_path / "again")
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and path.name != "closures.yaml":
            assert (tmp_path / "again" / path.relative_to(tmp_path / "out")).read_bytes() == path.read_bytes(), path


def test_without_being_asked_no_request_leaves(content, tmp_path):
    make_request(name="Dana Whitfield")
    export(tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert b"Dana" not in path.read_bytes()
    assert "requests/" not in (tmp_path / "out" / "README.txt").read_text()
    entry = AuditEntry.objects.get(action="site-exported")
    assert entry.detail == {"requests": False, "reason": ""}


def read(path: Path) -> list[dict]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_requests_leave_when_asked_for_with_a_reason(content, tmp_path):
    request = make_request(name="=cmd()", note="After five, please.")
    Activity.objects.create(request=request, kind="note", at=NOW, note="+1 called")
    make_quarantined_request()
    with pytest.raises(CommandError, match="needs a --reason: report, system"):
        export(tmp_path / "out", with_requests=True)
    assert not (tmp_path / "out").exists()
    said = export(tmp_path / "out", with_requests=True, reason="system")
    assert "requests 2" in said
    folder = tmp_path / "out" / "requests"
    first, second = read(folder / "requests.csv")
    assert (first["Reference"], first["Name"], first["Note"]) == (request.reference, "'=cmd()", "After five, please.")
    assert second["Spam"] != first["Spam"]
    assert {row["Note"] for row in read(folder / "activities.csv")} == {"", "'+1 called"}
    assert [row["Request"] for row in read(folder / "consents.csv")][:1] == [request.reference]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "requests.csv").stat().st_mode & 0o777 == 0o600
    assert AuditEntry.objects.get(action="site-exported").detail == {"requests": True, "reason": "system"}


def test_a_folder_that_holds_something_is_left_alone(db, tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(CommandError, match="is not empty: nothing was written"):
        export(tmp_path)


def test_a_picture_whose_file_is_gone_is_named(content, tmp_path, media):
    picture = ready_picture(Image.new("RGB", (100, 100), "green"))
    (media / picture.file.name).unlink()
    assert f"missing: {picture.file.name}" in export(tmp_path / "out")
