"""What the scan makes of reports and logs; the scanners themselves run in `make scan`."""

import json

import pytest

from . import aftermath, tools, wapiti
from .findings import EXPLAINED, Explained, Finding, unexplained
from .sqlmap import Target, findings_of

COMPLAINT = {"method": "GET", "path": "/search/", "info": "XSS\nvia q", "parameter": "q", "module": "xss", "level": 2}
TARGET = Target(name="item", path="/item", attacked=("id",), query={"id": "1"})
INJECTED = """[19:45:30] [INFO] heuristic (basic) test shows that GET parameter 'id' might be injectable
sqlmap identified the following injection point(s) with a total of 186 HTTP(s) requests:
---
Parameter: id (GET)
    Type: boolean-based blind
    Title: SQLite AND boolean-based blind
    Payload: id=1' AND 1=1
---
"""


def finding(**changes) -> Finding:
    given = {"scanner": "wapiti", "who": "anonymous", "module": "csrf", "method": "POST", "path": "/consult/"}
    return Finding(**{**given, "info": "Lack of anti CSRF token", **changes})


@pytest.mark.parametrize("part", ["vulnerabilities", "anomalies", "additionals"])
def test_every_part_of_wapitis_report_is_read(part):
    report = {name: {} for name in ("vulnerabilities", "anomalies", "additionals")} | {part: {"Kind": [COMPLAINT]}}
    (found,) = wapiti.findings_of(report, who="editor")
    assert str(found) == "wapiti xss, editor: GET /search/ [q]: XSS via q"


def test_shellshock_does_not_sign_the_editor_out():
    site = {"url": "https://localhost/", "who": "editor", "endpoint": "http://127.0.0.1/"}
    assert "shellshock" in wapiti.Site(**site).modules("get")
    assert "shellshock" not in wapiti.Site(**site, cookie="a=b").modules("get")


def test_what_sqlmap_says_of_a_way_in_is_read():
    found = findings_of(INJECTED, TARGET, who="editor")
    assert [(each.parameter, each.info) for each in found] == [
        ("id", "SQLite AND boolean-based blind"),
        ("id", "might be injectable"),
    ]
    assert findings_of("all tested parameters do not appear to be injectable", TARGET, who="editor") == []


def test_an_explanation_covers_what_it_names_and_nothing_more():
    assert unexplained([finding()]) == []
    for changed in (
        {"path": "/consult/x/"},
        {"path": "/admin/consult/"},
        {"method": "GET"},
        {"module": "xss"},
        {"scanner": "sqlmap"},
        {"info": "Lack of anti CSRF token, and more"},
    ):
        assert unexplained([finding(**changed)]) == [finding(**changed)], changed
    by_editors = Explained(module="csrf", method="POST", path="/.*", info=".*", who="editor", reason="x")
    assert unexplained([finding()], [by_editors]) == [finding()]


def test_every_explanation_says_why():
    assert all(len(each.reason) > 20 for each in EXPLAINED)


def test_each_finding_is_told_once():
    assert unexplained([finding(path="/a"), finding(path="/b"), finding(path="/a")]) == [
        finding(path="/a"),
        finding(path="/b"),
    ]


def test_what_was_sent_is_found_in_a_log_and_nothing_else_is():
    sent = ["<script>alert(1)</script>", "' OR 1=1 --", "birmingham", "/consult/", "a'b", "2026-11-26 13:48:18,157 "]
    lines = [
        "2026-11-26 13:48:18,157 INFO answered request_id=1 path=/consult/ duration_ms=14",
        json.dumps({"at": "now", "path": "/birmingham/", "request": "' OR 1=1 --"}),
    ]
    assert aftermath.leaked(sent, lines) == []
    assert aftermath.leaked(sent, [*lines, "WARNING bad value ' OR 1=1 -- in q"]) == ["' OR 1=1 --"]
    in_json = json.dumps({"path": '/search/?q=<script>alert(1)</script>"'})
    assert aftermath.leaked(sent, [*lines, in_json]) == ["<script>alert(1)</script>"]


def test_a_request_that_was_thanked_for_must_be_stored_once_and_told():
    notes = [
        {"method": "POST", "path": "/consult/", "status": 303, "location": f"/consult/thanks/{reference}/", "sent": []}
        for reference in ("AAAA", "BBBB", "AAAA")
    ]
    assert aftermath.acknowledged(notes) == ["AAAA", "BBBB", "AAAA"]
    thanked = aftermath.acknowledged(notes)
    assert list(aftermath.lost(thanked, {"stored": ["BBBB", "AAAA"], "unheard": []})) == []
    assert list(aftermath.lost(thanked, {"stored": ["AAAA", "AAAA"], "unheard": ["AAAA"]})) == [
        "1 acknowledged requests are not stored",
        "1 requests are stored twice",
        "1 requests have no mail to staff",
    ]


def test_every_fault_is_a_finding():
    assert list(aftermath.faults([{"method": "GET", "path": "/", "status": 500}, {"status": 404}])) == [
        "500 from GET /, 1 times"
    ]
    line = json.dumps({"method": "POST", "path": "/consult/", "status": 503})
    assert list(aftermath.proxy_faults([line, line])) == ["503 through nginx from POST /consult/, 2 times"]


def test_an_editor_who_is_sent_to_sign_in_was_none():
    note = {"method": "GET", "status": 302, "path": "/admin/articles/topic/", "location": "/admin/login/?next=/admin/"}
    assert aftermath.shut_out([note]) == ["/admin/articles/topic/"]
    for fine in ({"path": "/admin/login/"}, {"path": "/admin/account/again/code/"}, {"location": "/admin/"}):
        assert aftermath.shut_out([note | fine]) == []


def test_one_scan_at_a_time(monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "FOLDER", tmp_path / "scan")
    with tools.alone(), pytest.raises(SystemExit, match="Another scan runs"), tools.alone():
        pass
    with tools.alone():
        pass
