"""Whatever staff press, in whatever order: a request keeps to its rules, and none is out of sight."""

from datetime import timedelta

from django.contrib.auth.models import User
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from consults.desk import NO_DAY, OPEN, UNTRIED, due_later, due_today
from consults.handling import hand_back, take_on
from consults.models import Activity, ConsultRequest
from consults.pipeline import NotPossible, confirm_spam, note_outcome, possible_outcomes, release
from tests.factories.consults import make_quarantined_request, make_request
from tests.factories.posts import NOW

STEPS = {"release": release, "confirm_spam": confirm_spam, "take_on": take_on, "hand_back": hand_back}
PRESSED = st.tuples(
    st.sampled_from([*Activity.Kind.values, *STEPS, "no such thing"]),
    st.one_of(st.none(), st.integers(-48, 24 * 100)),  # hours until it is to be tried again
    st.integers(0, 72),  # hours since the last step
)


class AnyOutcomes(TestCase):
    @settings(max_examples=80)
    @given(st.booleans(), st.lists(PRESSED, max_size=12))
    @example(False, [("no_answer", None, 1), ("reached", None, 1), ("no_answer", None, 1), ("booked", 5, 1)])
    @example(True, [("reached", None, 0), ("release", None, 0), ("try_again", 24 * 90, 0), ("reopened", None, 0)])
    def test_no_sequence_of_steps_breaks_a_rule(self, is_spam, pressed):
        desk = User.objects.create_user("desk")
        request, now = (make_quarantined_request if is_spam else make_request)(), NOW
        for kind, hours, pause in pressed:
            now += timedelta(hours=pause)
            before = ConsultRequest.objects.values().get()
            logged = Activity.objects.count()
            until = None if hours is None else now + timedelta(hours=hours)
            request.refresh_from_db()
            may_follow = kind in STEPS or kind in possible_outcomes(request)
            try:
                if kind in STEPS:
                    STEPS[kind](request=request, actor=desk, now=now)
                else:
                    note_outcome(request=request, kind=kind, actor=desk, now=now, until=until)
            except NotPossible:
                assert ConsultRequest.objects.values().get() == before
                assert Activity.objects.count() == logged
            else:
                assert may_follow
                assert Activity.objects.count() == logged + 1
            self.check(now)

    def check(self, now):
        """What the database's own constraints say, and what only the code promises."""
        request = ConsultRequest.objects.get()
        request.full_clean(exclude=["name"])
        assert (request.finished_at is not None) is not request.is_open
        assert request.is_open or request.next_action_at is None
        assert request.stage not in ("in_touch", "booked") or request.first_contact_at
        places = [UNTRIED, NO_DAY, due_today(now=now), due_later(now=now)]
        seen = sum(ConsultRequest.objects.real().filter(place).count() for place in places)
        assert seen == ConsultRequest.objects.real().filter(OPEN).count()
