"""The collected static files: one style sheet, hashed names, nothing missing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import engines
from django.test import Client, RequestFactory

from clinic_site import views
from clinic_site.core.unavailable import unavailable_response
from clinic_site.staticfiles_storage import squeeze

COLLECTED = Path(settings.STATIC_ROOT)
MOST_CSS = 22_000  # bytes before compression
MOST_SCRIPT = 4_000
MOST_ADMIN_SCRIPT = 10_500
MOST_SIGN_IN_SCRIPT = 2_500
# The admin loads all its style sheets on every page, so a class means one thing. These are styled in
# several of them: parts that stand anywhere, and components that two sheets share.
ANYWHERE = {"button", "errornote", "help", "line"}
SHARED_BY_SHEETS = {"banners", "drawing", "figure", "mails", "note-box", "outcomes", "reports", "standing"}


def collected(name: str) -> str:
    return (COLLECTED / staticfiles_storage.stored_name(name)).read_text()


def test_the_style_sheet_is_one_small_file():
    css = collected("css/site.css")
    assert "@import" not in css
    assert "/*" not in css
    assert len(css.encode()) <= MOST_CSS
    for part in (settings.BASE_DIR / "static/css").glob("*.css"):
        if not part.name.startswith(("admin", "site")):
            assert f'@import url("{part.name}");' in (settings.BASE_DIR / "static/css/site.css").read_text(), part.name


def test_a_class_of_the_admin_means_one_thing():
    """What a sheet styles on its own is not what another one calls a part of something else."""
    alone, inside = {}, {}
    for sheet in (settings.BASE_DIR / "static/css").glob("admin*.css"):
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for selector in ",".join(re.findall(r"([^{}]+)\{", rules)).split(","):
            first, *others = re.findall(r"\.([a-z][\w-]*)", selector) or [""]
            if selector.strip() == f".{first}":
                alone.setdefault(first, set()).add(sheet.name)
            for name in others:
                inside.setdefault(name, set()).add(sheet.name)
    several = {name for name, sheets in alone.items() if len(sheets | inside.get(name, set())) > 1}
    assert several == ANYWHERE | SHARED_BY_SHEETS


def test_the_plain_name_holds_the_same_style_sheet_for_pages_that_cannot_look_it_up():
    fonts = re.compile(r"url\([^)]*\)")
    assert fonts.sub("", (COLLECTED / "css/site.css").read_text()) == fonts.sub("", collected("css/site.css"))


def test_fonts_are_found_under_their_hashed_names():
    names = re.findall(r'url\("?([^")]+)"?\)', collected("css/site.css"))
    assert len(names) == 3
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.woff2$", name)
        assert (COLLECTED / "css" / name).resolve().exists()


def test_scripts_are_few_and_small():
    scripts = {path.name: path.read_bytes() for path in (settings.BASE_DIR / "static/js").glob("*.js")}
    of_staff = {name for name in scripts if name.startswith("admin-")}
    of_signing_in = {name for name in scripts if name.startswith("signin-")}
    of_readers = set(scripts) - of_staff - of_signing_in
    assert sum(len(scripts[name]) for name in of_staff) <= MOST_ADMIN_SCRIPT
    assert sum(len(scripts[name]) for name in of_signing_in) <= MOST_SIGN_IN_SCRIPT
    assert sum(len(scripts[name]) for name in of_readers) <= MOST_SCRIPT
    for script in scripts.values():
        assert not re.search(rb"innerHTML|document\.write|eval\(|https?://", script)


@pytest.mark.parametrize(
    ("css", "squeezed"),
    [
        ("a {\n  color: red;\n}\n", "a{color:red}"),
        ('a::before { content: "/ : {" / ""; }', 'a::before{content: "/ : {"/""}'),
        ("/* x */ a > b, c :is(d, e) { margin: 0 calc(-1 * 2px) }", "a>b,c :is(d,e){margin:0 calc(-1 * 2px)}"),
        ("@media (min-width: 48rem) { a { top: 0 } }", "@media (min-width: 48rem){a{top:0}}"),
    ],
)
def test_squeezing_changes_nothing_that_means_something(css, squeezed):
    assert squeeze(css) == squeezed


def test_a37_a_template_that_names_a_missing_file_fails_here_not_in_production():
    template = engines["django"].from_string("{% load static %}{% static 'css/none.css' %}")
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        template.render()


@pytest.mark.parametrize("name", ["500", "503"])
def test_a37_the_pages_for_broken_days_need_nothing(name):
    source = (settings.BASE_DIR / f"templates/{name}.html").read_text()
    assert not re.search(r"{%\s*(?:load|static|url|extends|include)", source)


def test_a37_the_pages_for_broken_days_render_without_a_database():
    request = RequestFactory().get("/")
    request.reference = "1234abcd"
    page = views.server_error(request)
    assert (page.status_code, b"1234abcd" in page.content, b"(205) 557-2253" in page.content) == (500, True, True)
    assert unavailable_response().status_code == 503


@pytest.mark.django_db  # closing an answer looks after the connection that an earlier test may have left
def test_static_files_are_kept_for_ever_and_compressed():
    response = Client().get(staticfiles_storage.url("css/site.css"), headers={"accept-encoding": "br"})
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "br"
    b"".join(response)  # after the last byte the file is closed; close() would ask for the database
