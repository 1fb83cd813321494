import re

import pytest

from articles.link_targets import anchors_of, faults_of_links
from tests.factories.articles import NOW, add_callout, add_prose, make_article, make_reference, make_text

pytestmark = pytest.mark.django_db


def test_what_cannot_be_read_as_an_address_is_a_fault():
    faults = faults_of_links(["http://[a", "/"], article=make_article(), blocks=[], at=NOW)
    assert {href: fault.text for href, fault in faults.items()} == {"http://[a": "this is no address"}


@pytest.mark.parametrize("is_medical", [True, False])
def test_every_place_that_a_link_may_lead_to_is_on_the_page(client, is_medical):
    make_reference("a")
    for key in ("off-label", "results-vary", "risks", "driving", "not-advice", "crisis"):
        make_text(key, heading="Box")
    article = make_article(key_facts="One [@a].", is_medical=is_medical)
    add_prose(article, "<h2>A heading</h2><p>So.</p><h3>A heading</h3><p>So.</p>")
    add_callout(article, html="<h3>Within</h3><p>So.</p>")
    page = client.get(article.get_absolute_url()).content.decode()
    anchors = anchors_of(article, article.blocks())
    assert anchors >= {"section-a-heading", "section-a-heading-2", "section-within", "references"}
    assert anchors - set(re.findall(r'\bid="([^"]+)"', page)) == set()
    assert ("crisis" in anchors) is is_medical
