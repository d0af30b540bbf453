"""How often names are looked for: rarely while nothing new is found, often again as soon as something is."""

from __future__ import annotations

from nlsniff.capture.pace import LONGEST, SHORTEST, Pace


def periods(pace: Pace, begin: float, end: float) -> list[float]:
    """The ends of the periods in this time, in which there is always something to hear; time goes in milliseconds."""
    found = []
    for tick in range(round(begin * 1000), round(end * 1000)):
        if pace.passed(tick / 1000):
            found.append(tick / 1000)
        pace.begin(tick / 1000)
    return found


def test_a_period_doubles_up_to_the_longest() -> None:
    ends = periods(Pace(), 10, 30)
    lengths = [round(after - before, 2) for before, after in zip([10, *ends], ends, strict=False)]
    assert lengths[:6] == [SHORTEST, 0.1, 0.2, 0.4, 0.8, LONGEST]
    assert set(lengths[5:]) == {LONGEST}


def test_what_is_found_makes_it_short_at_once() -> None:
    pace = Pace()
    periods(pace, 10, 30)
    pace.found(30)
    assert pace.until <= 30 + SHORTEST
    assert len(periods(pace, 30, 31)) >= 4


def test_a_rest_is_kept_whatever_is_found() -> None:
    pace = Pace()
    pace.begin(10)
    pace.rest(17)
    pace.found(11)
    assert periods(pace, 11, 17) == []
    assert pace.passed(17)


def test_no_period_passes_that_has_not_begun() -> None:
    pace = Pace()
    assert not pace.passed(10)
    pace.begin(10)
    pace.end()
    assert not pace.passed(20)
