"""What a review does at each action, whatever it is shown on; the full screen and the lines share it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from srs.cli import talk
from srs.cli.keys import RATINGS, Action
from srs.model import ActKind, Rating

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.cli.notices import Stop
    from srs.cli.taking_in import TakeIn
    from srs.reviewing import Recorded, Review


class Conversation(ABC):
    """Asks and shows until the session ends; `run` returns how it ended.

    `load` is called once the first question can be read; `take_in` imports changed decks.
    """

    def __init__(
        self,
        review: Review,
        *,
        now: Callable[[], int],
        take_in: TakeIn,
        load: Callable[[], None],
        ascii_only: bool,
    ) -> None:
        self._review = review
        self._now = now
        self._take_in = take_in
        self._load = load
        self._ascii_only = ascii_only
        self._rating_keys = review.settings.rating_keys or ""
        self._answer_shown = False
        self._shown_at = 0
        self._revealed_ms: int | None = None
        self._deeds = self._all_deeds()

    @abstractmethod
    def run(self) -> Stop:
        """Run the session."""

    @abstractmethod
    def _tell(self, sentence: str) -> None:
        """Say a sentence to the person."""

    @abstractmethod
    def _answer(self, rating: Rating) -> None: ...

    @abstractmethod
    def _undo(self) -> None: ...

    @abstractmethod
    def _redo(self) -> None: ...

    @abstractmethod
    def _put_away(self, kind: ActKind) -> None: ...

    @abstractmethod
    def _take_in_decks(self) -> None: ...

    @abstractmethod
    def _help(self) -> None: ...

    def _all_deeds(self) -> dict[Action, Callable[[], None]]:
        """What each action does; practice does nothing that would have to be written."""
        always: dict[Action, Callable[[], None]] = {
            wanted: partial(self._answer, Rating(n)) for n, wanted in enumerate(RATINGS, 1)
        }
        always |= {Action.REVEAL: self._reveal, Action.HELP: self._help}
        writing: dict[Action, Callable[[], None]] = {
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.SUSPEND: partial(self._put_away, ActKind.SUSPEND),
            Action.BURY: partial(self._put_away, ActKind.BURY),
            Action.FLAG: self._flag,
            Action.TAKE_IN: self._take_in_decks,
        }
        if not self._review.records:
            writing = dict.fromkeys(writing, partial(self._tell, talk.PRACTICE))
        return always | writing

    def _opening(self) -> str | None:
        """What is said once under the first question."""
        return talk.at_the_start(self._review, self._take_in.offer(), self._now())

    def _end(self) -> Stop:
        """How a session ended that was not stopped."""
        return "time" if self._review.session.out_of_time else "done"

    def _begin_card(self) -> None:
        """Start the clock of the card on the screen, its answer hidden."""
        self._answer_shown = False
        self._shown_at = self._now()
        self._revealed_ms = None

    def _reveal(self) -> None:
        now = self._now()
        # What is shown is what is got: the intervals of a card left open overnight are the new day's.
        self._review.day_turned(now)
        self._answer_shown = True
        self._revealed_ms = max(0, now - self._shown_at)

    def _rate(self, rating: Rating, now: int) -> Recorded | None:
        """Write the answer with its times."""
        took_ms = max(0, now - self._shown_at)
        return self._review.answer(rating, now=now, took_ms=took_ms, revealed_ms=self._revealed_ms)

    def _flag(self) -> None:
        self._tell(talk.flagged(marked=self._review.flag(self._now())))

    @property
    def _left_the_queue(self) -> bool:
        """Whether the card on the screen has gone from its file."""
        return self._review.shown is None or self._review.shown.on_file.retired
