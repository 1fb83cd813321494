import pytest

from articles.bibliography import format_reference, numbering_for
from articles.models import Reference
from tests.factories.articles import make_reference

WHOLE = {
    "authors": "Doe J, Roe R",
    "title": "On <this> & that",
    "journal": "Journal of Examples",
    "year": 2020,
    "volume": "63(8)",
    "pages": "856-864",
    "doi": "10.1000/x.1",
}
PLACE = "2020;63(8):856-864"
DOI_LINK = '<a href="https://doi.org/10.1000/x.1">doi:10.1000/x.1</a>'


@pytest.mark.parametrize(
    ("changes", "html"),
    [
        (
            {},
            f"Doe J, Roe R. On &lt;this&gt; &amp; that. <cite>Journal of Examples</cite>. {PLACE}. {DOI_LINK}",
        ),
        (
            {"authors": "A A, B B, C C, D D", "title": "T", "journal": ""},
            f"A A, B B, C C, and others. T. {PLACE}. {DOI_LINK}",
        ),
        ({"authors": "", "title": "Does it?"}, f"Does it? <cite>Journal of Examples</cite>. {PLACE}. {DOI_LINK}"),
        ({"authors": "Doe J, et al.", "title": "T", "journal": ""}, f"Doe J, et al. T. {PLACE}. {DOI_LINK}"),
        (
            {"authors": "", "title": "T", "journal": "", "volume": "", "pages": "published online", "doi": ""},
            "T. 2020, published online.",
        ),
        ({"authors": "", "title": "T", "journal": "", "year": None, "volume": "", "pages": "", "doi": ""}, "T."),
        ({"authors": "", "title": "T", "journal": "", "year": None, "volume": "7", "pages": "1", "doi": ""}, "T. 7:1."),
        (
            {
                "authors": "", "title": "T", "journal": "", "year": None, "volume": "", "pages": "", "doi": "",
                "link": "https://www.example.org/a/?b=1&c=2",
            },
            'T. <a href="https://www.example.org/a/?b=1&amp;c=2">www.example.org/a/?b=1&amp;c=2</a>',
        ),
    ],
)  # fmt: skip
def test_a_source_is_written_out_as_far_as_it_is_known(changes, html):
    assert format_reference(Reference(**{**WHOLE, **changes})) == html


def test_a_strange_doi_makes_a_good_address():
    reference = Reference(title="T", doi='10.1002/(SICI)1097(19980815)17:15<1661::AID>3.0.CO;2-2"')
    assert reference.url == "https://doi.org/10.1002/(SICI)1097(19980815)17:15%3C1661::AID%3E3.0.CO;2-2%22"


@pytest.mark.parametrize(
    "pasted", ["https://doi.org/10.1000/x.1", " http://dx.doi.org/10.1000/x.1", "DOI: 10.1000/x.1"]
)
def test_a_pasted_doi_address_is_cut_to_the_doi(pasted):
    reference = Reference(doi=pasted)
    reference.clean()
    assert reference.doi == "10.1000/x.1"


@pytest.mark.django_db
def test_only_the_cited_sources_are_read_in_one_query(django_assert_num_queries):
    for key in ("a", "b", "c"):
        make_reference(key)
    with django_assert_num_queries(1):
        numbering = numbering_for(["x [@b]", "y [@a] [@b]", "z [@gone]"])
    numbering.html("[@c] [@a]")
    assert [use["reference"].key for use in numbering.used] == ["a"]
