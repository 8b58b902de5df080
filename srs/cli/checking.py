"""`srs check`: every problem of every deck file, for people, for programs, for pull requests."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless
from srs.cli.json_out import print_json
from srs.cli.notices import problem_rows
from srs.cli.progress import Progress
from srs.cli.words import digits, listed, plural
from srs.deck.clean import clean_line
from srs.deck.find import SUFFIX, find_deck_files
from srs.deck.lint import lint
from srs.deck.read import read_deck
from srs.deck.rewritten import may_be_rewritten, rewritten_holes
from srs.deck.together import check_together
from srs.errors import NotFoundError, SrsError, UsageError
from srs.interop.cards_csv_read import read_any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.cli.context import Context
    from srs.deck.parse import ParsedDeck
    from srs.model import Problem

FORMATS = ("text", "github", "json")
USUAL_FOLDER = "decks"

_OF_A_DECK = re.compile(r"(?m)^[ \t]*\[{1,2}[ \t]*[\"']?(?:deck|cards)\b")
_CARD_HEADER = re.compile(r"(?m)^[ \t]*\[\[[ \t]*[\"']?cards[\"']?[ \t]*\]\]")


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and everything there is to say of it."""

    files: int
    cards: int
    problems: tuple[Problem, ...]
    written: int = 0
    """Ids written by `--fix`."""
    unfixed: tuple[str, ...] = ()
    """The files that `--fix` left alone because they have errors."""
    errors: tuple[SrsError, ...] = field(default=())
    """Paths that led nowhere, and files that could not be written."""

    @property
    def error_count(self) -> int:
        """How many problems are errors."""
        return sum(problem.is_error for problem in self.problems)

    def exit_code(self, *, strict: bool) -> int:
        """1 for errors (with `strict` for warnings too), else that of the first path that failed."""
        if self.error_count or (strict and self.problems):
            return 1
        return self.errors[0].exit_code if self.errors else 0

    def summary(self) -> str:
        """The last row: `1 error, 2 warnings in 1 of 3 files (212 cards)`."""
        warnings = len(self.problems) - self.error_count
        counts = [
            plural(count, word)
            for count, word in ((self.error_count, "error"), (warnings, "warning"))
            if count
        ]
        files = plural(self.files, "file")
        cards = plural(self.cards, "card")
        if not counts:
            return f"no problems in {files} ({cards})"
        touched = len({problem.path for problem in self.problems})
        where = files if touched == self.files else f"{digits(touched)} of {files}"
        return f"{', '.join(counts)} in {where} ({cards})"

    def as_json(self, *, fix: bool) -> dict[str, Any]:
        """The shape of `srs check --json`."""
        told = {
            "problems": [problem.as_json() for problem in self.problems],
            "files": self.files,
            "cards": self.cards,
        }
        return told | {"written": self.written} if fix else told


def run_check(
    context: Context,
    paths: Sequence[Path],
    *,
    output: str = "text",
    as_json: bool = False,
    strict: bool = False,
    fix: bool = False,
) -> int:
    """Check deck files and say everything that is wrong with them; returns the exit code."""
    if output not in FORMATS:
        raise UsageError(
            f"`--format` takes {listed([f'`{name}`' for name in FORMATS], 'or')}, not `{output}`"
        )
    if as_json and output == "github":
        raise UsageError("`--json` and `--format github` do not go together")
    output = "json" if as_json else output
    files, errors = find_deck_files(paths) if paths else (_files_meant(talk=output == "text"), [])
    with Progress(quiet=output == "json") as progress:
        report = check_files(files, errors, fix=fix, only_decks=not paths, progress=progress)
    if report.files:
        _print(context, report, output, fix=fix)
    elif not report.errors:
        raise _nothing_here()
    from srs.cli.reporting import tell

    for error in report.errors:
        tell(error)
    return report.exit_code(strict=strict)


def check_files(
    files: Sequence[Path],
    errors: Sequence[SrsError] = (),
    *,
    fix: bool = False,
    only_decks: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check files together; with `only_decks` what is no deck at all is left out."""
    progress = progress or Progress(quiet=True)
    parsed, failed, written = [], list(errors), 0
    for number, path in enumerate(files):
        progress("Reading", number, len(files))
        one = read_any(path, str(path))
        if only_decks and _is_no_deck(one):
            continue
        # A list of cards has no text that an id could be put into.
        if (
            fix
            and one.text
            and one.deck is not None
            and any(problem.code in {"W101", "W102"} for problem in one.problems)
        ):
            try:
                count = _fix(path)
            except SrsError as error:
                failed.append(error)
                count = 0
            one, written = (read_deck(path, str(path)), written + count) if count else (one, written)
        parsed.append(one)
    together = check_together(parsed)
    remarks = lint(parsed, progress)
    problems = [
        problem
        for one in parsed
        for problem in sorted(
            (
                *_not_ignored(one),
                *together.get(one.path, ()),
                *remarks.get(one.path, ()),
                *_since_the_last_commit(one),
            ),
            key=lambda problem: (problem.line, problem.column, problem.code),
        )
    ]
    unfixed = tuple(one.path for one in parsed if one.deck is None) if fix else ()
    return Report(len(parsed), sum(map(_cards_of, parsed)), tuple(problems), written, unfixed, tuple(failed))


def _since_the_last_commit(one: ParsedDeck) -> tuple[Problem, ...]:
    """What became of the holes of a file; nothing where git cannot tell what they hid."""
    if not may_be_rewritten(one):
        return ()
    from srs.cli.committed import committed

    before = committed(Path(one.path))
    if before is None or sha256(before).hexdigest() == one.content_hash:
        return ()
    return rewritten_holes(one, before)


def _fix(path: Path) -> int:
    """Write the missing ids into a file; how many there were."""
    from srs.deck.fixing import replace_file, write_ids

    before = path.read_bytes()
    fixed = write_ids(before, str(path))
    if fixed.written:
        replace_file(path, before, fixed.data)
    return fixed.written


def _files_meant(*, talk: bool) -> list[Path]:
    """The files when none are named: those of the folder `decks`, else those that stand right here."""
    folder = Path(USUAL_FOLDER)
    if folder.is_dir():
        files, errors = find_deck_files([folder])
        if errors:
            raise errors[0]
        where = f"the folder `{USUAL_FOLDER}`"
    else:
        files = sorted(path for path in Path().iterdir() if _is_seen_deck_file(path))
        if not files:
            raise _nothing_here()
        where = "the deck files of this folder"
    if talk:
        sys.stderr.write(f"Checking {where}.\n")
        sys.stderr.flush()
    return files


def _is_seen_deck_file(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX and not path.name.startswith(".") and path.is_file()


def _nothing_here() -> NotFoundError:
    return NotFoundError(
        f"there is no deck file here, and no folder `{USUAL_FOLDER}`",
        "name files or folders: `srs check PATH`; `srs init FILE.toml` writes a deck",
    )


def _is_no_deck(one: ParsedDeck) -> bool:
    """Whether a file is TOML for something else: `pyproject.toml` stands beside decks."""
    return [problem.code for problem in one.problems] == ["E115"] and not _OF_A_DECK.search(one.text)


def _not_ignored(one: ParsedDeck) -> list[Problem]:
    kept = [problem for problem in one.problems if problem.code not in one.checks.ignored]
    # How many more there are is told of all warnings, those included that are ignored.
    if one.checks.ignored and not any(problem.code in {"W101", "W102", "W103", "W104"} for problem in kept):
        kept = [problem for problem in kept if problem.code != "W199"]
    return kept


def _cards_of(one: ParsedDeck) -> int:
    if one.deck is not None:
        return len({card.entry for card in one.deck.cards})
    return sum(1 for _ in _CARD_HEADER.finditer(one.text))


def _print(context: Context, report: Report, output: str, *, fix: bool) -> None:
    if output == "json":
        print_json(report.as_json(fix=fix))
        return
    if report.written:
        sys.stderr.write(f"Wrote {plural(report.written, 'id')}.\n")
    if report.unfixed:
        several = len(report.unfixed) > 1
        told = plural(len(report.unfixed), "file") if several else harmless(clean_line(report.unfixed[0]))
        sys.stderr.write(f"No id was written to {told}: {'they have' if several else 'it has'} errors.\n")
    sys.stderr.flush()
    if output == "github":
        rows = [Text(harmless(row), end="") for row in _annotations(report)]
    else:
        rows = problem_rows(report.problems, ascii_only=context.ascii_only)
    rows.append(Text(report.summary(), style="bold", end=""))
    print_rows(rows, sys.stdout, context.env)


def _annotations(report: Report) -> Iterator[str]:
    """Workflow commands that show each problem at its line in a pull request."""
    for problem in report.problems:
        kind = "error" if problem.is_error else "warning"
        said = f"{problem}\nhint: {problem.hint}" if problem.hint else str(problem)
        properties = {
            "title": f"srs ({problem.code})",
            "file": _in_workspace(problem.path),
            "line": str(problem.line),
            "col": str(problem.column),
        }
        told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::{kind} {told}::{_data(said)}"


def _in_workspace(path: str) -> str:
    """A path as GitHub knows it: from the root of the checkout, with slashes."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace:
        real = Path(path).resolve()
        root = Path(workspace).resolve()
        if real.is_relative_to(root):
            return real.relative_to(root).as_posix()
    return Path(path).as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
