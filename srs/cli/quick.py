"""Commands that must be quick: recognised and run before Typer is imported.

Only the plainest forms are: `srs`, `srs due …`, `srs review …`, `srs import PATH…` and
`srs completion SHELL`, with `--db PATH` and `--learner NAME` before them.
Whatever is not understood here is left to Typer, which says what is wrong.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.cli.context import Context

_DUE_FLAGS = {"--count": "count", "--prompt": "prompt", "--exit-code": "exit_code", "--json": "json"}
_IMPORT_FLAGS = {"--dry-run": "dry_run", "--json": "as_json"}
_REVIEW_FLAGS = {"--ahead": "ahead", "--plain": "plain", "--practice": "practice", "--clock-ok": "clock_ok"}
_REVIEW_VALUES = {
    "-t": "tag",
    "--tag": "tag",
    "-d": "deck",
    "--deck": "deck",
    "-n": "limit",
    "--limit": "limit",
    "--new": "new",
    "-m": "minutes",
    "--minutes": "minutes",
    "--mode": "mode",
}


def quick(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What runs these arguments without Typer; None when Typer must look at them."""
    words = list(arguments)
    whose: dict[str, str] = {}
    while words and words[0].partition("=")[0] in ("--db", "--learner"):
        name, equals, value = words.pop(0)[2:].partition("=")
        whose[name] = value if equals or not words else words.pop(0)
    if "" in whose.values() or any("\0" in word for word in words):
        return None
    if not words:
        return lambda: _overview(whose)
    way = _WAYS.get(words[0])
    return None if way is None else way(whose, words[1:])


def _context(whose: dict[str, str]) -> Context:
    from srs.cli.context import Context

    return Context(db=whose.get("db"), learner=whose.get("learner"))


def _quick_completion(_whose: dict[str, str], words: list[str]) -> Callable[[], int] | None:
    from srs.cli.shells import quick_completion

    return quick_completion(words)


def _overview(whose: dict[str, str]) -> int:
    from srs.cli.due import overview

    return overview(_context(whose))


def _quick_due(whose: dict[str, str], words: list[str]) -> Callable[[], int] | None:
    if any(word not in _DUE_FLAGS for word in words):
        return None
    asked = {_DUE_FLAGS[word] for word in words}

    def run() -> int:
        from srs.cli.due import due

        return due(
            _context(whose),
            json="json" in asked,
            count="count" in asked,
            prompt="prompt" in asked,
            exit_code="exit_code" in asked,
        )

    return run


def _quick_import(whose: dict[str, str], words: list[str]) -> Callable[[], int] | None:
    paths = [word for word in words if word not in _IMPORT_FLAGS]
    flags = {_IMPORT_FLAGS[word] for word in words if word in _IMPORT_FLAGS}
    if any(path.startswith("-") or not path for path in paths):
        return None

    def run() -> int:
        from pathlib import Path

        from srs.cli.importing import run_import

        return run_import(
            _context(whose),
            [Path(path).expanduser() for path in paths],
            dry_run="dry_run" in flags,
            as_json="as_json" in flags,
        )

    return run


def _quick_review(whose: dict[str, str], words: list[str]) -> Callable[[], int] | None:
    decks: list[str] = []
    flags: set[str] = set()
    values: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in _REVIEW_FLAGS:
            flags.add(_REVIEW_FLAGS[word])
        elif name in _REVIEW_VALUES:
            given = value if equals else next(rest, "")
            if not given:
                return None
            values.setdefault(_REVIEW_VALUES[name], []).append(given)
        elif word.startswith("-") or not word:
            return None
        else:
            decks.append(word)
    numbers: dict[str, int | None] = {}
    for name in ("limit", "new", "minutes"):
        given = values.pop(name, [""])[-1]
        if given and not (given.isascii() and given.isdigit() and len(given) < 10):
            return None
        numbers[name] = int(given) if given else None

    def run() -> int:
        from srs.cli.starting import start_review

        return start_review(
            _context(whose),
            decks=[*decks, *values.get("deck", [])],
            tags=values.get("tag", []),
            limit=numbers["limit"],
            new=numbers["new"],
            minutes=numbers["minutes"],
            mode=values.get("mode", [None])[-1],
            ahead="ahead" in flags,
            practice="practice" in flags,
            plain="plain" in flags,
            clock_ok="clock_ok" in flags,
        )

    return run


_WAYS = {
    "due": _quick_due,
    "review": _quick_review,
    "import": _quick_import,
    "completion": _quick_completion,
}
