from clinic_site.core.search.snippets import WORDS_OF_A_SNIPPET, marked, snippet


def test_stored_text_is_escaped_and_only_what_was_found_is_marked():
    assert marked("<b>Pain</b> & pain", {1: "pain"}) == "&lt;b&gt;<mark>Pain</mark>&lt;/b&gt; &amp; pain"


def test_a_short_text_is_shown_whole():
    assert snippet("A short answer.", {1: "short"}) == "A <mark>short</mark> answer."


def test_a_snippet_starts_at_the_sentence_and_says_that_more_came_before_and_after():
    text = "First words. " + "Filler here. " * 40 + "It is safe to say. " + "More text. " * 40
    place = 2 + 80 + 2
    html = snippet(text, {place: "safe"})
    assert html.startswith("… It is <mark>safe</mark> to say.")
    assert html.endswith(" …")
    assert len(html.split()) <= WORDS_OF_A_SNIPPET + 4


def test_the_stretch_with_most_different_words_wins():
    words = ["filler"] * 200
    for place, word in ((10, "side"), (12, "side"), (14, "side"), (150, "side"), (151, "effects")):
        words[place] = word
    found = {place: word for place, word in enumerate(words) if word != "filler"}
    assert "<mark>side</mark> <mark>effects</mark>" in snippet(" ".join(words), found)


def test_a_heading_is_set_off_from_the_text_after_it():
    assert snippet("What it is\nA medicine.\nOld", {}) == "What it is · A medicine.\nOld"


def test_nothing_found_in_a_text_shows_its_beginning():
    assert snippet("word " * 100, {}).startswith("word word")
    assert snippet("", {}) == ""
    assert snippet("???", {}) == "???"
