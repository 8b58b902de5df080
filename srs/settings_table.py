"""What can be set, and to what: one table."""

from __future__ import annotations

from srs.settings_places import Name, Place
from srs.settings_values import Flag, Folder, RatingKeys, Retention, Setting, Steps, Whole, Word, Zone

_STEPS_TYPE = "steps such as `1m 10m` (units s, m, h; each under 1 day, rising; may be empty)"

SETTINGS: tuple[Setting, ...] = (
    Whole("rollover", 4, 0, 23, "hour at which one study day ends and the next begins"),
    Zone(
        "timezone",
        None,
        "a time zone such as `Europe/Berlin`",
        "whose clock days follow (left out: the system's)",
    ),
    Whole("new_per_day", 20, 0, 9_999, "new cards a day"),
    Whole("reviews_per_day", 200, 0, 9_999, "cards in review a day"),
    Retention(
        "desired_retention", 0.9, "a number from 0.70 to 0.99", "share of cards you want to recall when due"
    ),
    Steps("learning_steps", (60, 600), _STEPS_TYPE, "waits before a new card goes to review"),
    Steps("relearning_steps", (600,), _STEPS_TYPE, "waits after a card in review was failed"),
    Whole("maximum_interval", 36_500, 1, 36_500, "longest time between two reviews of a card, in days"),
    Flag("fuzz", default=True, meaning="spread intervals a little, so that cards do not stay together"),
    Word("order", ("due", "forgotten", "random", "deck"), "which review comes first"),
    Word("leech", ("mark", "suspend"), "what happens to a card failed 8 times"),
    Whole("minutes", None, 1, 600, "end a session after so many minutes (left out: when nothing is due)"),
    RatingKeys(
        "rating_keys",
        None,
        "four different characters, for Again, Hard, Good and Easy",
        "keys that rate besides 1 to 4",
    ),
    Word(
        "mode",
        ("reveal", "choice", "type", "auto"),
        "how a card is asked, where neither its deck nor `--mode` says",
    ),
    Word("screen", ("full", "plain"), "the whole terminal, or one line after another"),
    Flag("ascii", default=False, meaning="draw with ASCII characters only"),
    Whole("look_ahead_minutes", 20, 0, 1_439, "show a step this early when nothing else is left"),
    Folder(
        "sync",
        None,
        "the path of a folder",
        "the folder shared with your other devices; a review syncs with it before and after",
    ),
    Place(
        "database",
        None,
        "the path of a file, or `postgresql+psycopg://USER@HOST/DATABASE`",
        "where cards and answers are kept (left out: the usual place)",
    ),
    Name("learner", None, "a name", "who learns, where several share a database"),
    Flag("sync_git", default=False, meaning="that folder is a git repository: pull, commit and push, too"),
)
"""Every setting, in the order help and `srs config` list them."""
