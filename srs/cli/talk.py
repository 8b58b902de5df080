"""What a review says, whatever it is shown on: the sentences on a card and between cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.loads import LEVEL_WITHIN, level_day
from srs.days import date_of, moment
from srs.deck.clean import clean_line
from srs.errors import AnsweredElsewhereError, DamagedError, DiskFullError
from srs.model import Act, ActKind, Answer

if TYPE_CHECKING:
    from datetime import tzinfo

    from srs.errors import DatabaseError
    from srs.model import Memory
    from srs.reviewing import Recorded, Review, TakenBack
    from srs.scheduling import Outcome

PUT_AWAY = {
    ActKind.SUSPEND: "Suspended {name}: it is out of the queue until srs resume.",
    ActKind.BURY: "Buried {name} until tomorrow.",
}
LEAST_EARLY_MS = 30_000
LONG_AWAY_DAYS = 7
TOO_EARLY = "Show the answer first: press Enter, then rate it."
NO_COMMAND = "{typed} is no command; :? lists them all."
NO_HINT = "This card has no hint."
NO_EDITOR = "There is no editor to open here."
PRACTICE = "Practice records nothing; that waits for a review."
NEW_DAY = "A new day has begun, and these are its intervals. Rate the card once more."
GONE = "That card is no longer on file, so it is passed over."
NOTHING_TO_UNDO = "Nothing to take back."
NOTHING_TO_REDO = "Nothing to put back."
LEECH = "Missed {lapses} times. Rewriting usually helps more than repeating."

_UNDONE = {
    ActKind.SUSPEND: "Took back the suspension of {name}.",
    ActKind.RESUME: "Took back the return of {name}: it is suspended again.",
    ActKind.BURY: "Took back the burying of {name}.",
    ActKind.FORGET: "Took back the forgetting of {name}.",
    ActKind.DUE: "Took back the due day set for {name}.",
    ActKind.BATCH: "Took back the import of {answers}.",
}
_REDONE = {
    ActKind.SUSPEND: "{name} is suspended again.",
    ActKind.RESUME: "{name} is back in the queue.",
    ActKind.BURY: "{name} is buried again until tomorrow.",
    ActKind.FORGET: "{name} starts over again.",
    ActKind.DUE: "The due day set for {name} holds again.",
    ActKind.BATCH: "Put back the import of {answers}.",
}


def early(review: Review, now: int) -> str | None:
    """The sentence on a step that is shown before its moment, because nothing else is left."""
    due_at = None if review.shown is None else review.shown.memory.due_at
    if due_at is None or due_at - now < LEAST_EARLY_MS or not review.records:
        return None
    return f"Nothing else is left, so this step comes {words.wait(due_at - now)} early."


def opening(review: Review, now: int) -> str | None:
    """What the first card is told with: new cards wait while what is due fills the time box."""
    minutes = review.session.minutes
    if not review.new_held_back or not minutes:
        return None
    today = review.days.day(now)
    last = review.rows(
        "SELECT max(study_day) FROM review WHERE learner = :learner", {"learner": review.learner}
    )[0][0]
    if last is None or today - last < LONG_AWAY_DAYS:
        return f"What is due fills your {words.duration(round(minutes * 60_000))}, so new cards wait."
    level = level_day(review, now, minutes)
    if level is None:
        return (
            f"Welcome back. At {minutes:g} min a day you are not level within {LEVEL_WITHIN // 30} months;"
            " new cards wait meanwhile."
        )
    by = words.day(date_of(level), date_of(today))
    return f"Welcome back. At {minutes:g} min a day you are level again by {by}; new cards wait until then."


def at_the_start(review: Review, offer: str | None, now: int) -> str | None:
    """What is said once under the first question: changed decks, or why no new cards come."""
    return offer or opening(review, now)


def interval_text(outcome: Outcome) -> str:
    """What a rating costs: `10 min`, `11 days`."""
    return words.step(outcome.delay or 0) if outcome.interval is None else words.days(outcome.interval)


def saved(recorded: Recorded | None) -> str:
    """What line mode says after each commit: `saved good, 11 days`."""
    if recorded is None:
        return "not recorded"
    return f"saved {recorded.answer.rating.word.lower()}, {next_time(recorded.answer, recorded.memory)}"


def next_time(answer: Answer, memory: Memory) -> str:
    """How long until the card comes again, as its answer decided."""
    if memory.due_at is not None:
        return words.step(round((memory.due_at - answer.at) / 1000))
    return words.days(memory.interval)


def outcome(recorded: Recorded | None, *, known: bool) -> str:
    """What stands below a wrong choice once it is saved, `known` where an option was picked.

    `Wrong: comes again in 10 min.`
    """
    word = "Wrong" if known else "Not known"
    if recorded is None:
        return f"{word}: comes once more before the end."
    if recorded.memory.suspended:
        return f"{word}: it is suspended now."
    return f"{word}: comes again in {next_time(recorded.answer, recorded.memory)}."


def took_back(taken: TakenBack, now: int, zone: tzinfo, *, in_review: bool = True, here: bool = False) -> str:
    """What undo did: `Took back Good on registry/image-digest (yesterday, 21:40). …`.

    `here`: the answer was given in this very session, a moment ago, and its card is on the screen again.
    """
    name = taken.on_file.card.name if taken.on_file else "a card this database has no text for"
    if isinstance(taken.line, Act):
        told = _UNDONE.get(taken.line.kind, "Took back the last thing done.")
        return told.format(name=name, answers=_imported(taken.line))
    when = words.moment(moment(taken.line.at, zone), moment(now, zone))
    on_what = "" if here else f" on {name} ({when})"
    done = f"Took back {taken.line.rating.word}{on_what}."
    return f"{done} Rate it again, or press u for the card before." if in_review else done


def put_back(taken: TakenBack) -> str:
    """What redo did."""
    name = taken.on_file.card.name if taken.on_file else "a card this database has no text for"
    if isinstance(taken.line, Answer):
        return f"Put back {taken.line.rating.word} on {name}."
    told = _REDONE.get(taken.line.kind, "Put back what was done to {name}.")
    return told.format(name=name, answers=_imported(taken.line))


def _imported(act: Act) -> str:
    """How many answers an import brought in, and from where."""
    count, file = act.payload.get("answers"), act.payload.get("file")
    told = words.plural(count, "answer") if isinstance(count, int) else "answers"
    return f"{told} from {clean_line(file)}" if isinstance(file, str) else told


def not_saved(error: DatabaseError, answers: int) -> DatabaseError:
    """The error of an answer that could not be written, saying what is safe."""
    before = {0: "", 1: "; the one before it is safe"}.get(answers, f"; the {answers} before it are safe")
    why = "the disk is full" if isinstance(error, DiskFullError) else error.message
    told = type(error)(f"that answer could not be saved, {why}. It does not count{before}", error.hint)
    if isinstance(error, DamagedError) and isinstance(told, DamagedError):
        told.path = error.path
    return told


def elsewhere(error: AnsweredElsewhereError, zone: tzinfo) -> str:
    """What the person reads when another session was quicker."""
    at = f" at {moment(error.at, zone):%H:%M}" if error.at is not None else ""
    return f"Answered elsewhere{at}; your answer to that card does not count."


def flagged(*, marked: bool) -> str:
    """What the mark of a card that is wrong says."""
    return "Marked for your next edit: srs list --flagged" if marked else "The mark is off."


def leech(recorded: Recorded | None, way_out: str) -> str | None:
    """The sentence that is said once when a card has become a leech, with the way out on this screen."""
    if recorded is None or not recorded.leech:
        return None
    if recorded.memory.suspended:
        return f"Missed {recorded.memory.lapses} times, so it is suspended now, as your settings say."
    return f"{LEECH.format(lapses=recorded.memory.lapses)} {way_out}"
