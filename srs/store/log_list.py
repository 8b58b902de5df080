"""The newest lines of the log: the SQL behind `srs log`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import Act, ActKind, Answer, card_name
from srs.store import reading
from srs.store.listing import bind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.model import Line
    from srs.store.heads import Rows

_TOLD = tuple(kind for kind in ActKind if kind not in {ActKind.UNDO, ActKind.OPTIONS, ActKind.DECK})
"""The acts a person knows of; an undo is told by the mark on what it took back."""
_FOLDS = (ActKind.PARAMS, ActKind.DUE, ActKind.RESCHEDULE)
_DUES = "l.kind IN ('due', 'reschedule')"
"""New parameters and moved due days leave a line of these kinds for each of very many cards."""
_ROOT = "coalesce(l.cause, l.id)"
_NEWEST = "/*pg decode(*/max(/*pg encode(*/l.id/*pg , 'hex') COLLATE \"C\"*/)/*pg , 'hex')*/"
"""PostgreSQL has no greatest of bytes before 18; their hex digits are in the same order."""
_EVERY = 1 << 62
"""A limit that is none."""


class LogLine(NamedTuple):
    """A line of the log with the name of the card it is about; None where there is no text for it.

    `folded` are the lines about due days that one cause brought about and this line stands for: how many
    of each kind. Of a line about due days that stands for others of its own kind, it counts itself, too.
    """

    line: Line
    name: str | None
    folded: tuple[tuple[ActKind, int], ...] = ()


def newest_lines(
    rows: Rows,
    learner: str,
    *,
    limit: int | None,
    decks: Sequence[str] = (),
    card: bytes | None = None,
    fold: bool = False,
) -> list[LogLine]:
    """Answers and acts, newest first, undone ones among them; `limit` None gives all of them.

    With `decks`, those about cards of these decks; with `card`, those about this card under any name.
    `fold` makes one line of those about due days that have one cause.
    """
    condition, params = _about(rows, decks, card)
    params |= {"learner": learner, "limit": _EVERY if limit is None else limit}
    found: list[LogLine] = []
    for table, columns, make, more in (
        ("review", reading.ANSWER_COLUMNS, reading.answer_from, ""),
        ("act", reading.ACT_COLUMNS, reading.act_from, f" AND {_is_told()}{_shown(condition, fold=fold)}"),
    ):
        query = (
            f"SELECT c.deck, c.id, c.variant, {reading.prefixed(columns, 'l')}"
            f" {_joined(table)}{more}{condition} ORDER BY l.id DESC LIMIT :limit"
        )
        for deck, card_id, variant, *line in rows(query, params):
            name = None if deck is None else card_name(deck, card_id, variant)
            found.append(LogLine(make(line), name))
    found.sort(key=lambda entry: entry.line.id, reverse=True)
    found = found[:limit]
    return _with_folded(rows, found, condition, params) if fold else found


def _shown(condition: str, *, fold: bool) -> str:
    """Which acts about due days stand for those of one cause: the cause itself, if it is told here."""
    if not fold:
        return ""
    if not condition:
        return f" AND (NOT {_DUES} OR l.cause IS NULL)"
    newest = f"SELECT {_NEWEST} {_joined('act')} AND {_DUES}{condition} GROUP BY {_ROOT}, l.kind"
    return f" AND (NOT {_DUES} OR l.id IN ({newest}))"


def _with_folded(rows: Rows, found: list[LogLine], condition: str, params: dict[str, Any]) -> list[LogLine]:
    """The lines with how many others each stands for."""
    roots = {
        entry.line.id: entry.line.cause or entry.line.id
        for entry in found
        if isinstance(entry.line, Act)
        and entry.line.kind in _FOLDS
        # A due day set by hand has no others.
        and (entry.line.kind is not ActKind.DUE or entry.line.cause)
    }
    if not roots:
        return found
    names, bound = bind("root", sorted(set(roots.values())))
    counts: dict[bytes, list[tuple[ActKind, int]]] = {}
    # Without a condition no card is asked for.
    lines = _joined("act") if condition else "FROM act l WHERE l.learner = :learner"
    # Lines of one cause were written after it, so that those before the first need no look.
    for root, kind, count in rows(
        f"SELECT {_ROOT}, l.kind, count(*) {lines} AND {_DUES} AND l.id >= :root0"
        f" AND {_ROOT} IN ({names}){condition} GROUP BY {_ROOT}, l.kind ORDER BY l.kind",
        {name: value for name, value in params.items() if name != "limit"} | bound,
    ):
        counts.setdefault(root, []).append((ActKind(kind), count))

    def folded(entry: LogLine) -> tuple[tuple[ActKind, int], ...]:
        parts = counts.get(roots[entry.line.id], []) if entry.line.id in roots else []
        if not isinstance(entry.line, Act) or entry.line.kind is ActKind.PARAMS:
            return tuple(parts)
        return tuple((kind, count) for kind, count in parts if kind is entry.line.kind and count > 1)

    return [entry._replace(folded=folded(entry)) for entry in found]


def count_lines(
    rows: Rows,
    learner: str,
    *,
    decks: Sequence[str] = (),
    card: bytes | None = None,
    fold: bool = False,
) -> int:
    """How many lines `newest_lines` gives without a limit."""
    condition, params = _about(rows, decks, card)
    params["learner"] = learner
    acts = f"{_joined('act')} AND {_is_told()}{_shown(condition, fold=fold)}"
    counts = [
        rows(f"SELECT count(*) {table}{condition}", params)[0][0] for table in (_joined("review"), acts)
    ]
    return sum(map(int, counts))


def interval_given(answer: Answer) -> tuple[int | None, int | None]:
    """What an answer decided: (whole days, None) or (None, seconds); neither where a log does not tell."""
    if answer.due_day is not None:
        return answer.due_day - answer.study_day, None
    if answer.due_at is not None:
        return None, round((answer.due_at - answer.at) / 1000)
    return None, None


def _about(rows: Rows, decks: Sequence[str], card: bytes | None) -> tuple[str, dict[str, Any]]:
    condition = ""
    params: dict[str, Any] = {}
    if decks:
        names, bound = bind("deck", decks)
        condition += f" AND c.deck IN ({names})"
        params |= bound
    if card is not None:
        names, bound = reading.bind_keys(reading.class_keys(rows, card))
        condition += f" AND l.card IN ({names})"
        params |= bound
    return condition, params


def _joined(table: str) -> str:
    return (
        f"FROM {table} l LEFT JOIN alias a ON a.old = l.card"
        " LEFT JOIN card c ON c.key = coalesce(a.card, l.card) WHERE l.learner = :learner"
    )


def _is_told() -> str:
    """The acts that are told; of those that join keys only a rename, which says what the card was called."""
    return f"l.kind IN ({_quoted(_TOLD)}) AND (l.kind <> 'same' OR l.payload LIKE '%\"came_from\"%')"


def _quoted(kinds: Sequence[ActKind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)
