"""Two computers of one person that know each other, and the folder their reviews sync with."""

from programs import Home, now_ms, run
from test_sync_command import DEVICES, answer, home_of
from world import Clock, open_at

from srs.sync import sync


def sync_with(home, shared, *more):
    """Let a home sync with a folder whenever it reviews."""
    config = home.folder / "config.toml"
    config.write_text("\n".join([f'sync = "{shared}"', *more, ""]), encoding="utf-8")


def sync_here(home, shared, **how):
    """What `srs sync` does, within this process."""
    device = (home.folder / "state" / "srs" / "device").read_text().strip()
    with open_at(home.db, Clock(now_ms()), device=device) as collection:
        return sync(collection, str(shared), name=home.folder.name, state=str(home.folder), **how)


def pattern_in(folder):
    """Two computers that know each other, with one answer each, and the folder they share; `folder`."""
    (folder / "shared").mkdir()
    pair = [home_of(folder, name, size=30) for name in DEVICES]
    for home in pair:
        answer(home, 1)
        sync_here(home, folder / "shared", as_name="me")
    sync_here(pair[0], folder / "shared", as_name="me")
    return folder


def homes_of(pattern, tmp_path):
    """A copy of these: two homes, and the folder that reviews on both sync with."""
    shared = tmp_path / "shared"
    shared.mkdir()
    pair = [Home(pattern / name).copy(tmp_path / name) for name in DEVICES]
    for home in pair:
        (home.folder / "state" / "srs" / "device").write_text(DEVICES[home.folder.name] + "\n")
        sync_with(home, shared)
        sync_here(home, shared)
    sync_here(pair[0], shared)
    return *pair, shared


def reviewed(home, *arguments, typed="\n3\n", code=0, **how):
    """A review on a pipe; what it said on stderr and on stdout."""
    done = run(home, "review", *arguments, typed=typed, **how)
    assert done.returncode == code, done.stderr
    return done.stderr, done.stdout
