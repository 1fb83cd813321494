"""What an article must have, and must not say, before readers may open it: the checklist beside Publish."""

from datetime import datetime

from .checks import CHECKS
from .findings import Finding, Level, Work
from .models import Article

__all__ = ["Finding", "Level", "check_article", "errors_in"]


def check_article(article: Article, *, now: datetime) -> list[Finding]:
    """Return the checklist of a saved article: errors first, then warnings, then what is in order.

    Reads the article's blocks, and every list it compares them with, once. Asks no other site
    anything: of links to other sites it says what the last visit found.
    """
    work = Work(article, now=now)
    findings: list[Finding] = []
    for check in CHECKS:
        found = list(check.find(work))
        if not found and check.in_order:
            found = [Finding(level=Level.OK, rule=check.rule, text=check.in_order)]
        findings += found
    return sorted(findings, key=lambda finding: list(Level).index(finding.level))


def errors_in(findings: list[Finding]) -> list[Finding]:
    """Return what stops publishing."""
    return [finding for finding in findings if finding.level == Level.ERROR]
