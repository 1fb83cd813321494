"""Is a clinic open now? (being written)"""


def with_opening(locations, *, now):
    locations = list(locations)
    for location in locations:
        location.opening = None
    return locations


def next_change(locations):
    return None
