"""One fixed card on a real terminal, for the tests in test_terminal.py: `screen_driver.py [LOG]`.

Space reveals, then ends with `rated good`; `x` fails, `z` saves for half a second, `e` runs a
program on the terminal. Every key is written to LOG.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from srs.cli.drawing import needs_ascii
from srs.cli.keys import Action, action
from srs.cli.plain import plain_lines
from srs.cli.screen import CardView, rows, scrolled
from srs.cli.terminal import Screen, full_screen_refusal

QUESTION = CardView(
    deck_name="Container registry vocabulary",
    deck_id="registry",
    new=2,
    learning=1,
    due=6,
    finished=3,
    total=12,
    scenario="Security engineer: In production, deploy the image by its digest, not by its tag.",
    question="What is an image digest?",
)
ANSWER = replace(
    QUESTION,
    answer="A hash of the image's manifest. Other content has another digest, so it always names the "
    "same image.",
    explanation="A tag can be moved to another image tomorrow; a digest cannot. Deploy by tag, and two "
    "nodes may end up running different code.",
    source="OCI image spec 1.1, Digests",
    ratings=(("Again", "10 min"), ("Hard", "8 days"), ("Good", "11 days"), ("Easy", "19 days")),
    keys=("Space good", "u undo", "e edit", "s suspend", "b bury", "? keys", "q quit"),
)


def session(screen: Screen, log) -> str:
    """Show the card until it is rated or left; what came of it."""
    view = QUESTION
    while True:
        width, height = screen.size()
        screen.paint(rows(view, width, height, ascii_only=needs_ascii(sys.stdout.encoding)))
        key = screen.key()
        log.write(f"{key}\n")
        if key == "x":
            raise RuntimeError("failed on purpose")
        if key == "z":
            time.sleep(0.5)
            log.write("saved\n")
        if key == "e":
            with screen.suspended():
                subprocess.run(["sh", "-c", "stty -a; echo edited"], check=True)
        match action(key, answer_shown=view.answer is not None):
            case Action.REVEAL:
                view = ANSWER
            case Action.DOWN:
                view = scrolled(view, width, height, 1)
            case Action.UP:
                view = scrolled(view, width, height, -1)
            case Action.QUIT:
                return "stopped"
            case Action.AGAIN | Action.HARD | Action.GOOD | Action.EASY as rating:
                return f"rated {rating}"


def main() -> None:
    """On a full screen where there is one, else as lines."""
    if full_screen_refusal(os.environ):
        sys.stdout.write("\n".join([*plain_lines(QUESTION), *plain_lines(ANSWER), ""]))
        return
    with Path(sys.argv[1] if len(sys.argv) > 1 else os.devnull).open("w", buffering=1) as log:
        try:
            with Screen(encoding=sys.stdout.encoding) as screen:
                outcome = session(screen, log)
        except KeyboardInterrupt:
            sys.stdout.write("interrupted\n")
            sys.exit(130)
    sys.stdout.write(f"{outcome}\n")


if __name__ == "__main__":
    main()
