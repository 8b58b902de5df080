"""What a campaign of faults tells: what came is counted, what never came is not."""

from tally import Tally


def test_faults_are_counted_by_family_and_in_sum():
    """Each fault that came counts once, with what it cost; one that never came stays out of the sum."""
    tally = Tally()
    tally.fault("kills")
    tally.fault("kills", 2)
    tally.left_out("kills")
    tally.of_test("disks", "passed")
    assert list(tally.told()) == [
        "disks: 1 tried, 0 lost",
        "kills: 2 tried, 2 lost; 1 never came",
        "3 faults tried, 2 answers lost; 1 never came",
    ]


def test_a_test_that_fails_or_was_skipped_is_no_fault_survived():
    """A failed one is told beside the count, a skipped one was not tried."""
    tally = Tally()
    tally.of_test("disks", "failed")
    tally.of_test("disks", "skipped")
    assert list(tally.told())[-1] == "1 faults tried, 0 answers lost, 1 tests failed; 1 never came"


def test_a_run_without_faults_says_nothing():
    """Where no fault was tried there is no figure."""
    assert not list(Tally().told())
