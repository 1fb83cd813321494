# run under pytest: writes an article in the real editor
import re, pytest
from articles.models import Article
from django.contrib.auth.models import User
@pytest.mark.django_db(transaction=True)
def test_editor(live_site, page, client, settings):
    u = User.objects.create_superuser("editor", password="editor-editor-1")
    client.force_login(u)
    c = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": c.key, "value": c.value, "url": live_site}])
    msgs = []
    page.on("console", lambda m: msgs.append(m.text)); page.on("pageerror", lambda e: msgs.append("ERR "+str(e)))
    a = Article.objects.get(is_featured=True)
    page.goto(f"{live_site}/admin/articles/article/{a.pk}/change/")
    page.wait_for_timeout(2500)
    page.screenshot(path="/tmp/w/var-art/adm.png", full_page=False)
    print("editors", page.locator(".ProseMirror").count(), "textareas", page.locator("textarea").count())
    print("headers", page.request.get(page.url).headers.get("content-security-policy"))
    for m in dict.fromkeys(msgs): print("MSG", m[:300])
    ed = page.locator(".ProseMirror").first
    ed.scroll_into_view_if_needed(); ed.click(); page.keyboard.press("End"); page.keyboard.type(" Added words.")
    page.locator("input[name=_continue]").click(); page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/w/var-art/adm2.png")
    print("saved", any("Added words" in b.html for b in a.blocks() if b.kind=="prose"), [b.html[:80] for b in a.blocks() if b.kind=="prose"][:2])
    assert 0
