"""How many faults were tried, by family, and how many answers they cost: what a campaign tells at its end."""

from collections import Counter


class Tally:
    """Counts of one test run."""

    def __init__(self):
        self.tried = Counter()
        self.lost = Counter()
        self.never_came = Counter()
        self.failed = Counter()

    def fault(self, family, lost=0):
        """A fault that came, and how many answers it cost."""
        self.tried[family] += 1
        self.lost[family] += lost

    def left_out(self, family):
        """A fault at a moment that the program never came to: not one that was tried."""
        self.never_came[family] += 1

    def of_test(self, family, outcome):
        """A marked test that is one fault itself: passed, or else something is not as claimed."""
        if outcome == "skipped":
            self.never_came[family] += 1
            return
        self.tried[family] += 1
        self.failed[family] += outcome == "failed"

    def told(self):
        """A line for each family and one for all; nothing where nothing was tried."""
        if not self.tried:
            return
        for family in sorted(self.tried):
            yield f"{family}: {self._counts(family)}"
        failed = self.failed.total()
        tests = f", {failed} tests failed" if failed else ""
        all_told = f"{self.tried.total()} faults tried, {self.lost.total()} answers lost{tests}"
        yield f"{all_told}; {self.never_came.total()} never came"

    def _counts(self, family):
        failed = f", {self.failed[family]} tests failed" if self.failed[family] else ""
        left_out = f"; {self.never_came[family]} never came" if self.never_came[family] else ""
        return f"{self.tried[family]} tried, {self.lost[family]} lost{failed}{left_out}"
