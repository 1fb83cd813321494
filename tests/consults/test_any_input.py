"""Whatever is sent to the form, the answer is a thank-you or a message: never a fault of ours."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from consults.models import ConsultRequest
from tests.factories.locations import make_location
from tests.factories.posts import make_post

FIELDS = [*make_post(), "may_name_clinic", "may_text", "note", "csrfmiddlewaretoken", "unknown"]
VALUES = st.one_of(
    st.text(max_size=400),
    st.sampled_from(["birmingham", "unsure", "call", "text", "email", "any", "205-555-0142", "dana@mail.example", ""]),
)


class AnyInput(TestCase):
    def setUp(self):
        make_location(name="Birmingham")

    @settings(max_examples=150)
    @given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
    @example({})
    @example(make_post(name="\x00", phone="\x00", email="\x00", location="\x00", best_time="\x00"))
    @example(make_post(name="𝔇𝔞𝔫𝔞 🙂", phone="٢٠٥٥٥٥٠١٤٢"))
    @example(make_post(name="x" * 30_000, email="x" * 30_000 + "@mail.example"))
    def test_nothing_that_is_sent_is_our_fault(self, changes):
        for post in (changes, make_post(**changes)):
            before = ConsultRequest.objects.count()
            response = self.client.post("/consult/", post)
            assert response.status_code in (303, 422), post
            stored = ConsultRequest.objects.count() - before
            assert stored in ((0, 1) if response.status_code == 303 else (0,))
