"""`srs config`: show, get, set, unset, path."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from srs.cli.json_out import print_json
from srs.cli.shelves import PlainApp
from srs.places import config_path, write_private
from srs.settings import (
    SETTINGS,
    Settings,
    SettingsProblems,
    lines_of,
    load_settings,
    parse_settings,
    read_file,
    set_value,
    setting_named,
    unset_value,
    zone_of,
)

_LITERAL = {"ignore_unknown_options": True}
"""So that a value may begin with a dash: `srs config set rating_keys -=[]`."""


def _names(incomplete: str) -> list[str]:
    return [setting.name for setting in SETTINGS if setting.name.startswith(incomplete)]


Key = Annotated[
    str, typer.Argument(metavar="KEY", help="A setting, as `srs config` lists them.", autocompletion=_names)
]
Value = Annotated[list[str], typer.Argument(metavar="VALUE", help="Its new value.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def add_to(app: typer.Typer) -> None:
    """Give an app the command `config` and those below it."""
    config = PlainApp(
        help="Show and change the settings.",
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    config.callback(invoke_without_command=True)(_config)
    config.command("show")(show)
    config.command("get")(get)
    config.command("set", context_settings=_LITERAL, epilog=_listed())(set_)
    config.command("unset")(unset)
    config.command("path")(path)
    app.add_typer(config, name="config", rich_help_panel="tuning")


def _listed() -> str:
    """Each setting and what it may be; the backspace keeps the rows from being joined."""
    rows = [f"{setting.name:<19} {setting.type_text}" for setting in SETTINGS]
    return "\n".join(["\b", "Settings:", *rows])


def _config(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show and change the settings."""
    if context.invoked_subcommand is None:
        show(as_json=as_json)


def show(*, as_json: AsJson = False) -> None:
    """Every setting: its value, its default, and the line of the file it comes from."""
    where = config_path()
    data = read_file(where)
    settings, problems = parse_settings(data or b"", where)
    if problems:
        raise SettingsProblems(problems)
    lines = lines_of(data or b"")
    if as_json:
        print_json(_shape(where, settings, lines, exists=data is not None), indent=2)
    elif sys.stdout.isatty():
        _print_aligned(where, settings, lines, exists=data is not None)
    else:
        for row in _rows(settings, lines):
            print("\t".join(row))  # noqa: T201 - data goes to stdout


def get(key: Key, *, as_json: AsJson = False) -> None:
    """The value of one setting, as `set` takes it; an empty line where it is left out."""
    setting = setting_named(key)
    value = getattr(load_settings(config_path()), key)
    if as_json:
        print_json(_plain(setting.name, value), indent=2)
    else:
        print(setting.text(value))  # noqa: T201 - data goes to stdout


def set_(context: typer.Context, key: Key, value: Value) -> None:
    """Set one setting; the rest of the file stays as it is."""
    setting = setting_named(key)
    where = config_path()
    text = _text_of(where)
    after = set_value(text, key, " ".join(value), where)
    if after != text:
        if key == "new_per_day":
            from srs.cli.pace_warning import warn_of_pace

            warn_of_pace(context.obj, int(value[0]))
        write_private(where, after.encode())
    now = setting.text(setting.read(" ".join(value)))
    _say(f"{key} is now {now or 'empty'}" if after != text else f"{key} is {now or 'empty'} already")


def unset(key: Key) -> None:
    """Take one setting out of the file, so that its default counts."""
    where = config_path()
    text = _text_of(where)
    after = unset_value(text, key, where)
    if after == text:
        _say(f"{key} is not set in {where}")
        return
    write_private(where, after.encode())
    default = next((setting.text(setting.default) for setting in SETTINGS if setting.name == key), None)
    _say(f"{key} is no longer set" + (f"; its default is {default}" if default else ""))


def path() -> None:
    """Where the settings file is, or would be."""
    print(config_path())  # noqa: T201 - data goes to stdout


def _text_of(where: str) -> str:
    data = read_file(where)
    try:
        return (data or b"").decode()
    except UnicodeDecodeError as error:
        raise SettingsProblems(parse_settings(data or b"", where)[1]) from error


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _plain(name: str, value: object) -> object:
    """A value as JSON has it: numbers and bools as such, steps as a list of their texts."""
    return setting_named(name).text(value).split() if isinstance(value, tuple) else value


def _shape(where: str, settings: Settings, lines: dict[str, int], *, exists: bool) -> dict[str, Any]:
    rows = {
        setting.name: {
            "value": _plain(setting.name, getattr(settings, setting.name)),
            "default": _plain(setting.name, setting.default),
            "line": lines.get(setting.name),
            "meaning": setting.meaning,
        }
        for setting in SETTINGS
    }
    return {"path": where, "exists": exists, "time_zone": str(zone_of(settings)), "settings": rows}


def _rows(settings: Settings, lines: dict[str, int]) -> list[tuple[str, str, str, str]]:
    """Name, value, default, and `default` or the line of the file."""
    return [
        (
            setting.name,
            setting.text(getattr(settings, setting.name)),
            setting.text(setting.default),
            f"line {lines[setting.name]}" if setting.name in lines else "default",
        )
        for setting in SETTINGS
    ]


def _print_aligned(where: str, settings: Settings, lines: dict[str, int], *, exists: bool) -> None:
    from rich.cells import cell_len

    unset_words = {"timezone": f"system ({zone_of(settings)})"}
    rows = [
        (name, value or unset_words.get(name, "none"), source, default or "none")
        for name, value, default, source in _rows(settings, lines)
    ]
    first = max(len(row[0]) for row in rows)
    second = max(cell_len(row[1]) for row in rows)
    for name, value, source, default in rows:
        padding = " " * (second - cell_len(value))
        told = source if source == "default" else f"{source}, default {default}"
        print(f"  {name:<{first}}  {value}{padding}  {told}")  # noqa: T201 - data goes to stdout
    print(f"\n  {where}" + ("" if exists else " (not there yet: all defaults)"))  # noqa: T201 - the same
