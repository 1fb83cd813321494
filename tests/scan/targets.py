"""What the scanners are led to: wapiti finds the rest by reading, sqlmap is told."""

import re

from .deployment import LOGIN, Visitor
from .sqlmap import Target

RESET = "/admin/account/password/reset/"
START_PUBLIC = ["/search/?q=ketamine&page=2", "/articles/?page=1", "/consult/", LOGIN, RESET, "/sitemap.xml", "/livez"]
# Each would end the session that is scanned with: wapiti would go on as a stranger.
EXCLUDED = ["/admin/logout/", "/admin/account/sign-in/app/remove/", "/admin/account/password/first/"]

FORM = {
    "location": "birmingham",
    "name": "Robin Scan",
    "phone": "205-555-0142",
    "contact_by": "email",
    "email": "robin@scan.example",
    "best_time": "any",
    "note": "After five",
    "source": "consult",
    "page": "/consult/",
    "took": "9",
    "consents": "1",
}


def public_targets(visitor: Visitor) -> list[Target]:
    """What anybody may send. The visitor reads the two forms of signing in, so that its token fits its cookie."""
    signing_in = {"csrfmiddlewaretoken": visitor.token(LOGIN), "login": "editor", "password": "not-the-password"}
    forgotten = {"csrfmiddlewaretoken": visitor.token(RESET), "email": "editor@clinic.example"}
    return [
        Target(name="search", path="/search/", attacked=("q", "page"), query={"q": "ketamine", "page": "2"}),
        Target(name="articles", path="/articles/", attacked=("page",), query={"page": "1"}, answers=(301,)),
        Target(name="consult", path="/consult/", attacked=tuple(FORM), query={}, post=FORM),
        Target(name="sign-in", path=LOGIN, attacked=("login", "password"), query={}, post=signing_in),
        Target(name="password reset", path=RESET, attacked=("email",), query={}, post=forgotten),
    ]


def admin_lists(editor: Visitor) -> list[str]:
    """The addresses of every list that the editor is shown, searched, since no link leads to that."""
    found = re.findall(r'href="(/admin/[a-z]+/[a-z]+/)"', editor.ask("/admin/").body.decode())
    return [f"{path}?q=a" for path in dict.fromkeys(found) if path.count("/") == 4]


def admin_targets() -> list[Target]:
    """The lists of the admin that an editor searches, filters and sorts most."""
    filters = {"state": "live", "review": "none", "topic__id__exact": "1", "is_medical__exact": "1"}
    lists = {"article": {"q": "ketamine", **filters, "o": "1", "p": "1"}, "reference": {"q": "trial"}}
    return [
        Target(name=f"{model} list", path=f"/admin/articles/{model}/", attacked=tuple(query), query=query)
        for model, query in lists.items()
    ]
