"""The log of one card becomes its memory (LOG §2), purely and line by line.

`live` decides which lines count, `step` applies one of them, `fold` does both. A new answer is one
`step` on the stored memory; it gives what folding the whole log gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srs.model import IMPORTED_OPTIONS, Act, ActKind, Answer, Line, Memory, Options, Rating, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.scheduling import Outcome, Scheduling


@dataclass(frozen=True, slots=True)
class Folded:
    """What a card's log comes to: its memory, and the ids of the answers whose decision stands."""

    memory: Memory
    follows: frozenset[bytes]


def live(lines: Iterable[Line]) -> list[Line]:
    """The lines that count, in the order of the log: united by id, without what was undone.

    A line falls when a live undo names it, its cause or its batch, and with a cause that fell; undos
    are judged newest first, so that undoing an undo is redo (LOG §2 lines 1-2). The stored bit
    `undone` is not looked at. Hand in every undo that may touch the lines.
    """
    by_id = {line.id: line for line in lines}
    targets: set[bytes] = set()
    undos = (line for line in by_id.values() if isinstance(line, Act) and line.kind is ActKind.UNDO)
    for undo in sorted(undos, key=lambda line: line.id, reverse=True):
        if undo.target is not None and not _fallen(undo, by_id, targets):
            targets.add(undo.target)
    if not targets:
        return [by_id[line_id] for line_id in sorted(by_id)]
    return [by_id[line_id] for line_id in sorted(by_id) if not _fallen(by_id[line_id], by_id, targets)]


def _fallen(line: Line, by_id: Mapping[bytes, Line], targets: set[bytes]) -> bool:
    """Whether a line, or what it hangs on, is among the targets."""
    seen: set[bytes] = set()
    current: Line | None = line
    while current is not None and current.id not in seen:
        seen.add(current.id)
        parent = current.batch if isinstance(current, Answer) else current.cause
        if current.id in targets or parent in targets:
            return True
        current = None if parent is None else by_id.get(parent)
    return False


def fold(lines: Iterable[Line], *, scheduling: Scheduling, options: Mapping[bytes, Options]) -> Folded:
    """The memory that the lines of one card's class come to, in whatever order they are handed in.

    `scheduling` gives the parameters; its own options rule nothing here. `options` are the sets the
    log knows, by name. The lines may hold other cards' undos and batches, no other card's answers.
    """
    return replay(live(lines), scheduling=scheduling, options=options)


def replay(live_lines: Iterable[Line], *, scheduling: Scheduling, options: Mapping[bytes, Options]) -> Folded:
    """The fold of lines already known to be live and in order of id."""
    memory = Memory()
    standing: list[bytes] = []
    for line in live_lines:
        if isinstance(line, Answer) and follows(memory, line):
            standing.append(line.id)
        memory = step(memory, line, scheduling=scheduling, options=options)
    return Folded(memory, frozenset(standing))


def follows(memory: Memory, answer: Answer) -> bool:
    """Whether the answer's own decision stands: it was shown after the last line (LOG §2 line 16)."""
    return answer.state_after is not None and answer.after == memory.last_id


def step(memory: Memory, line: Line, *, scheduling: Scheduling, options: Mapping[bytes, Options]) -> Memory:
    """The memory after one more live line of the card; lines that are not about cards change nothing."""
    if isinstance(line, Answer):
        return _answered(memory, line, scheduling=scheduling, options=options)
    match line.kind:
        case ActKind.FORGET:
            memory = replace(
                Memory(last_id=line.id),
                suspended=memory.suspended,
                flagged=memory.flagged,
                buried_until=memory.buried_until,
            )
        case ActKind.SUSPEND | ActKind.RESUME:
            memory = replace(memory, suspended=line.kind is ActKind.SUSPEND)
        case ActKind.FLAG | ActKind.UNFLAG:
            memory = replace(memory, flagged=line.kind is ActKind.FLAG)
        case ActKind.BURY:
            memory = replace(memory, buried_until=_payload_day(line))
        case ActKind.DUE:
            day = _payload_day(line)
            if memory.state is State.REVIEW and day is not None:
                memory = replace(memory, due_day=day)
        case ActKind.RESCHEDULE:
            memory = _rescheduled(memory, line, scheduling=scheduling, options=options)
        case _:
            pass
    return memory


def _answered(
    memory: Memory, answer: Answer, *, scheduling: Scheduling, options: Mapping[bytes, Options]
) -> Memory:
    """LOG §2 lines 9-17."""
    before = _entered(memory, answer, scheduling)
    day = _counted_day(before, answer.study_day)
    elapsed = 0 if before.last_day is None else day - before.last_day
    if follows(memory, answer):
        stability, difficulty = scheduling.next_memory(
            before.stability, before.difficulty, elapsed, answer.rating
        )
        state, at_step, due_day, due_at = answer.state_after, answer.step_after, answer.due_day, answer.due_at
    else:
        rules = scheduling.under(_options_of(answer.options, options))
        future = rules.outcomes(before, key=answer.card, study_day=answer.study_day)[answer.rating - 1]
        stability, difficulty = future.stability, future.difficulty
        state, at_step, due_day, due_at = _decision(future, day=day, at=answer.at)
    return Memory(
        state=State.NEW if state is None else state,
        step=at_step,
        stability=stability,
        difficulty=difficulty,
        due_day=due_day,
        due_at=due_at,
        last_at=answer.at,
        last_day=day,
        last_id=answer.id,
        reps=memory.reps + 1,
        lapses=memory.lapses + (before.state is State.REVIEW and answer.rating is Rating.AGAIN),
        passed=memory.passed or answer.rating is not Rating.AGAIN,
        suspended=memory.suspended,
        flagged=memory.flagged,
        buried_until=memory.buried_until,
    )


def _entered(memory: Memory, answer: Answer, scheduling: Scheduling) -> Memory:
    """The memory an answer met: for a history that starts mid-way, what the answer says of it (line 11)."""
    interval = answer.interval_before or 0
    if memory.stability is not None or answer.state_before is not State.REVIEW or interval < 1:
        return memory
    return replace(
        memory,
        state=State.REVIEW,
        step=None,
        stability=float(interval),
        difficulty=scheduling.start_difficulty(answer.difficulty_before),
        due_day=answer.study_day,
        last_day=answer.study_day - interval,
    )


def _rescheduled(
    memory: Memory, act: Act, *, scheduling: Scheduling, options: Mapping[bytes, Options]
) -> Memory:
    """LOG §2 line 8; the act names its options by the hex of their name, `{"options": …}`."""
    if memory.state is not State.REVIEW or memory.stability is None or memory.last_day is None:
        return memory
    named = act.payload.get("options")
    rules = scheduling.under(_options_of(_from_hex(named), options))
    interval = rules.planned(memory.stability, key=act.card or b"", answers=memory.reps)
    return replace(memory, due_day=max(memory.last_day + interval, act.study_day))


def answer_line(
    memory: Memory,
    outcome: Outcome,
    *,
    id: bytes,  # noqa: A002 - the field it fills
    card: bytes,
    at: int,
    study_day: int,
    options: bytes,
    recall: float | None,
    took_ms: int | None = None,
    revealed_ms: int | None = None,
    utc_offset: int | None = None,
    mode: str | None = None,
    hinted: bool | None = None,
    response: str | None = None,
    device: str = "",
) -> Answer:
    """The line that writes down one of the four futures of a memory as it was shown.

    `at` in ms, `options` the name of the set the outcome was made under, `recall` what
    `Scheduling.recall` predicted for `at`. Applying the line to the memory gives the outcome.
    """
    state, at_step, due_day, due_at = _decision(outcome, day=_counted_day(memory, study_day), at=at)
    return Answer(
        id=id,
        card=card,
        at=at,
        study_day=study_day,
        rating=outcome.rating,
        took_ms=took_ms,
        revealed_ms=revealed_ms,
        utc_offset=utc_offset,
        mode=mode,
        hinted=hinted,
        response=response,
        after=memory.last_id,
        state_before=memory.state,
        interval_before=memory.interval,
        difficulty_before=memory.difficulty,
        recall=recall,
        state_after=state,
        step_after=at_step,
        due_day=due_day,
        due_at=due_at,
        options=options,
        device=device,
        follows=True,
    )


def _decision(outcome: Outcome, *, day: int, at: int) -> tuple[State, int | None, int | None, int | None]:
    """State, step, due day and due moment of an outcome (LOG §2 line 17)."""
    due_day = None if outcome.interval is None else day + outcome.interval
    due_at = None if outcome.delay is None else at + outcome.delay * 1000
    return outcome.state, outcome.step, due_day, due_at


def _counted_day(memory: Memory, study_day: int) -> int:
    """The day an answer counts on: study days of one card never run backwards (LOG §2 line 9)."""
    return study_day if memory.last_day is None else max(study_day, memory.last_day)


def _options_of(name: bytes | None, options: Mapping[bytes, Options]) -> Options:
    return IMPORTED_OPTIONS if name is None else options.get(name, IMPORTED_OPTIONS)


def _from_hex(text: object) -> bytes | None:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _payload_day(act: Act) -> int | None:
    day = act.payload.get("day")
    return day if isinstance(day, int) else None
