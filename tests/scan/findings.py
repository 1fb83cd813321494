"""What scanners find, and what of it is as it should be."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a scanner complains of. `module` is wapiti's word for the kind of attack, or sqlmap's target."""

    scanner: str
    who: str
    module: str
    path: str
    info: str
    method: str = "GET"
    parameter: str = ""

    def __str__(self) -> str:
        where = f"{self.method} {self.path}" + (f" [{self.parameter}]" if self.parameter else "")
        return f"{self.scanner} {self.module}, {self.who}: {where}: {' '.join(self.info.split())}"


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A complaint that is no fault, and why. `path` and `info` are patterns for the whole of each."""

    module: str
    path: str
    info: str
    reason: str
    method: str = "GET"
    who: str = ".*"
    scanner: str = "wapiti"

    def covers(self, finding: Finding) -> bool:
        return (self.scanner, self.module, self.method) == (finding.scanner, finding.module, finding.method) and all(
            re.fullmatch(pattern, text, re.DOTALL)
            for pattern, text in ((self.path, finding.path), (self.info, finding.info), (self.who, finding.who))
        )


EXPLAINED = [
    Explained(
        module="csrf",
        method="POST",
        path="/consult/",
        info="Lack of anti CSRF token",
        reason="The form looks at nobody's session, so there is nothing to ride on; a token would lose requests.",
    ),
    Explained(
        module="ldap",
        path="/search/",
        info="LDAP Injection via injection in the parameter q",
        reason="Nothing here speaks LDAP. A search for signs alone invites to type words, not an empty list.",
    ),
    Explained(
        module="methods",
        path="/.*",
        info=r"Possible interesting methods \(using heuristics\) on \S+: ",
        reason="The list of methods after it is empty.",
    ),
    Explained(
        module="methods",
        path="/.*",
        info=r"Possible interesting methods \(using OPTIONS\) on \S+: OPTIONS \((200|405)\)",
        reason="It lists OPTIONS alone, which says what the page can be asked and does nothing.",
    ),
    Explained(
        module="methods",
        path="/consult/",
        info=r"Possible interesting methods \(using OPTIONS\) on \S+: OPTIONS \(405\) POST \(422\)",
        reason="The form is posted here; with nothing in it, it comes back and says what is missing.",
    ),
    Explained(
        module="buster",
        path=r"/(favicon\.ico|robots\.txt|sitemap\.xml|about|admin|articles|locations|privacy|search)/?",
        info=r"Found webpage \S+ on \S+",
        reason="Public addresses, told to everybody by links or by custom; what lies behind /admin/ asks who you are.",
    ),
]


def unexplained(findings: list[Finding], explained: list[Explained] | None = None) -> list[Finding]:
    """Return what remains, each once and in the order it was found."""
    known = EXPLAINED if explained is None else explained
    return list(dict.fromkeys(found for found in findings if not any(each.covers(found) for each in known)))
