"""Many devices, one log: whatever they do, in whatever order they sync, all of them come to the same."""

import contextlib
import errno
import os
import shutil

import pytest
from histories import seeded
from world import Clock, Written, answer_card, check_laws, deck_of, open_at

from srs import sync_folder, sync_lock
from srs.errors import FileProblems, NotFoundError, UsageError
from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.store.exporting import every_line
from srs.sync import sync


class Laptop:
    """A computer: a database, a state folder, a clock, a deck, and a shared folder it may sync with."""

    def __init__(self, tmp_path, device, shared, *, clock=None, size=4):
        self.home = tmp_path / device
        self.home.mkdir()
        self.shared = shared
        self.device = device
        self.clock = clock or Clock()
        self.deck = deck_of(self.home, "registry", size)
        self.collection = open_at(
            self.home / "cards.db", self.clock, create=True, device=device, seed=sum(device.encode())
        )
        import_decks(self.collection, [self.deck.path])

    def sync(self, **how):
        """Sync; the report."""
        how.setdefault("name", f"{self.device}-name")
        return sync(self.collection, str(self.shared), state=str(self.home), **how)

    def answer(self, card, rating=Rating.GOOD):
        """Answer a card, some time later."""
        self.clock.advance(minutes=7)
        return answer_card(self.collection, f"registry/{card}", rating).answer

    def log(self):
        """Every line of the log that is not about this device alone."""
        found = every_line(self.collection.rows, "me")
        return [line for part in found for line, _ in part]

    def memories(self):
        """Every memory, whole."""
        return self.collection.rows("SELECT * FROM memory ORDER BY card", {})


@pytest.fixture
def shared(tmp_path):
    """An empty folder."""
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def pair(tmp_path, shared):
    """Two computers of one person that know each other."""
    laptop, desk = Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "desk", shared)
    laptop.answer("c0")
    desk.answer("c1")
    laptop.sync()
    desk.sync(as_name="me")
    laptop.sync(as_name="me")
    return laptop, desk


def files(folder):
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_two_devices_have_the_same_log_after_syncing(pair, shared):
    """What one answered the other has, with the memories that follow, and each wrote its own file only."""
    laptop, desk = pair
    assert laptop.log() == desk.log()
    assert laptop.memories() == desk.memories()
    assert files(shared) == ["desk.jsonl", "laptop.jsonl"]


def test_what_a_sync_tells(pair):
    """A report says how many lines went out and came in, and from whom by name."""
    laptop, desk = pair
    laptop.answer("c2")
    laptop.answer("c3")
    assert laptop.sync().sent == 2
    report = desk.sync()
    assert (report.sent, [tuple(each) for each in report.taken]) == (0, [("laptop", "laptop-name", 2)])
    assert report.unknown == report.damaged == report.doubtful == 0
    again = desk.sync()
    assert (again.sent, again.taken, again.troubles) == (0, [], [])


def test_a_stranger_is_not_let_in(tmp_path, shared):
    """Answers of a device that never joined are refused, counted and named, until it is said whose."""
    laptop, desk = Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "desk", shared)
    for card in ("c0", "c1"):
        laptop.answer(card)
    laptop.sync()
    before = desk.log()
    for _ in range(2):
        report = desk.sync()
        assert [tuple(each) for each in report.strangers] == [("laptop", "laptop-name", "me", 2)]
        assert desk.log() == before
    laptop.answer("c0")
    laptop.sync()
    assert [each.answers for each in desk.sync().strangers] == [3]
    report = desk.sync(as_name="me")
    assert [each.device for each in report.joined] == ["laptop"]
    assert report.strangers == []
    assert len(desk.log()) == len(before) + len(laptop.log())


def test_a_stranger_whose_file_closed_joins_whole(tmp_path, shared):
    """What was refused in a file before it was closed comes in when its device joins."""
    laptop, desk = Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "desk", shared)
    for card in ("c0", "c1", "c2", "c3"):
        laptop.answer(card)
        laptop.sync(close_at=1_500)
        desk.sync()
    assert "laptop-000001.jsonl.gz" in files(shared)
    assert [each.answers for each in desk.sync().strangers] == [4]
    desk.sync(as_name="me")
    assert desk.memories() == laptop.memories()


@pytest.mark.sqlite_file
def test_a_line_that_nobody_could_read_is_told_and_not_sent(pair):
    """What would be refused everywhere does not leave, and is told once."""
    laptop, desk = pair
    line = laptop.answer("c2")
    laptop.collection.rows("UPDATE review SET response = 'a' || char(0) WHERE id = :id", {"id": line.id})
    report = laptop.sync()
    assert report.sent == 0
    told = [(each.name, each.line, each.reason) for each in report.troubles]
    assert told == [("laptop.jsonl", 0, "a line cannot be sent: `response` is no text")]
    assert desk.sync().troubles == []
    assert laptop.sync().troubles == []


def test_one_stranger_at_a_time(tmp_path, shared):
    """Two devices that nobody let in are not let in together by one name, and can be by their own."""
    desk = Laptop(tmp_path, "desk", shared)
    for device in ("laptop", "phone"):
        other = Laptop(tmp_path, device, shared)
        other.answer("c0")
        other.sync()
    with pytest.raises(UsageError, match="several devices wait to join: laptop-name, phone-name") as caught:
        desk.sync(as_name="me")
    assert caught.value.hint == "say it of one after the other: `--as laptop-name=me`"
    with pytest.raises(UsageError, match="no device called `phon` waits to join"):
        desk.sync(as_name="phon=me")
    with pytest.raises(UsageError, match="takes the name of a learner"):
        desk.sync(as_name="phone=")
    report = desk.sync(as_name="phone-name=me")
    assert [each.device for each in report.taken] == ["phone"]
    assert [each.device for each in report.strangers] == ["laptop"]


def test_devices_of_one_name_are_told_by_their_ids(tmp_path, shared):
    """What is advised where two computers are called alike lets one of them in."""
    desk = Laptop(tmp_path, "desk", shared)
    for device in ("aa11", "bb22"):
        other = Laptop(tmp_path, device, shared)
        other.answer("c0")
        other.sync(name="vm")
    with pytest.raises(UsageError, match="several devices wait to join: aa11, bb22") as caught:
        desk.sync(as_name="me")
    assert caught.value.hint == "say it of one after the other: `--as aa11=me`"
    assert [each.device for each in desk.sync(as_name="aa11=me").taken] == ["aa11"]


def test_two_people_of_one_name_stay_two(tmp_path, shared):
    """Somebody else's device joins as somebody else: its answers count for that learner, not for `me`."""
    mine, hers = Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "annas", shared)
    mine.answer("c0")
    hers.answer("c1")
    hers.sync()
    before = mine.memories()
    mine.sync(as_name="anna")
    assert [row for row in mine.memories() if row[0] == "me"] == before
    assert mine.collection.rows("SELECT learner, count(*) FROM review GROUP BY 1 ORDER BY 1", {}) == [
        ("anna", 1),
        ("me", 1),
    ]
    hers.answer("c2")
    hers.sync()
    assert mine.sync().strangers == []
    assert mine.collection.rows("SELECT count(*) FROM review WHERE learner = 'anna'", {}) == [(2,)]


def test_a_device_away_for_long_catches_up(tmp_path, shared):
    """A new computer has everything from all closed and open files, whenever they were closed."""
    laptop = Laptop(tmp_path, "laptop", shared)
    for number in range(24):
        laptop.answer(f"c{number % 4}")
        laptop.sync(close_at=1_500)
    assert len(files(shared)) > 5
    desk = Laptop(tmp_path, "desk", shared)
    desk.sync(as_name="me")
    assert desk.memories() == laptop.memories()


def test_answers_to_cards_without_a_text_are_counted(tmp_path, shared):
    """Answers to cards that are not here are kept, told once, and meet their cards when they come."""
    laptop, desk = Laptop(tmp_path, "laptop", shared, size=6), Laptop(tmp_path, "desk", shared, size=4)
    for card in ("c0", "c4", "c5"):
        laptop.answer(card)
    laptop.sync()
    assert desk.sync(as_name="me").unknown == 2
    assert desk.sync().unknown == 0
    deck_of(desk.home, "registry", 6)
    import_decks(desk.collection, [desk.deck.path])
    due = "SELECT card, stability FROM memory WHERE state > 0 ORDER BY card"
    assert desk.collection.rows(due, {}) == laptop.collection.rows(due, {})


def age(laptop, seconds):
    """Have the deck file of a computer written some time from its present time, and imported."""
    facts = laptop.deck.path.stat()
    os.utime(laptop.deck.path, (facts.st_atime, facts.st_mtime + seconds))
    import_decks(laptop.collection, [laptop.deck.path])


def test_a_newer_deck_is_told_of(pair):
    """The device with the older text of a deck is told who has the newer, until it has it, too."""
    laptop, desk = pair
    assert laptop.sync().decks == desk.sync().decks == []
    laptop.deck.cards[0].question = "What is it now?"
    laptop.deck.write()
    age(laptop, 60)
    assert laptop.sync().decks == []
    for _ in range(2):
        assert [tuple(each) for each in desk.sync().decks] == [("laptop-name", "registry", True)]
    desk.deck.cards[0].question = "What is it now?"
    desk.deck.write()
    age(desk, 20)
    assert desk.sync().decks == laptop.sync().decks == []
    desk.deck.cards[1].answer = "Mine alone."
    desk.deck.write()
    age(desk, 100)
    assert desk.sync().decks == []
    assert [each.name for each in laptop.sync().decks] == ["desk-name"]


def test_a_deck_file_that_was_only_touched_is_not_told_again(pair):
    """Another time of the same text, later or earlier, writes nothing to the folder."""
    laptop, _ = pair
    laptop.sync()
    for seconds in (60, -3_600):
        before = {path.name: path.read_bytes() for path in laptop.shared.iterdir()}
        age(laptop, seconds)
        laptop.sync()
        assert {path.name: path.read_bytes() for path in laptop.shared.iterdir()} == before


@pytest.mark.sqlite_file
def test_a_restored_database_gets_its_lines_back(pair, tmp_path):
    """A device whose database is set back to a backup reads its own file, and nothing is lost."""
    laptop, desk = pair
    backup = tmp_path / "backup.db"
    laptop.collection.rows("VACUUM INTO :path", {"path": str(backup)})
    for card in ("c2", "c3"):
        laptop.answer(card)
    laptop.sync()
    memories = laptop.memories()
    laptop.collection.close()
    shutil.copy(backup, laptop.home / "other.db")
    laptop.collection = open_at(laptop.home / "other.db", laptop.clock, device="laptop", seed=77)
    report = laptop.sync()
    assert [(each.device, each.lines) for each in report.taken] == [("laptop", 2)]
    assert laptop.memories() == memories
    laptop.answer("c0")
    laptop.sync()
    desk.sync()
    assert desk.memories() == laptop.memories()


@pytest.mark.parametrize("harm", ["gone", "empty", "cut", "damaged", "rubbish", "all gone"])
def test_what_its_file_lost_a_device_says_again(pair, shared, tmp_path, harm):
    """Whatever is done to a device's own file, its next sync has all its lines there again."""
    laptop, _desk = pair
    laptop.answer("c2")
    laptop.sync()
    path = shared / "laptop.jsonl"
    data = path.read_bytes()
    if harm == "all gone":
        shutil.rmtree(shared)
        shared.mkdir()
    elif harm == "gone":
        path.unlink()
    else:
        half = len(data) // 2
        damaged = data[: half - 5] + b"#####" + data[half:]
        path.write_bytes({"empty": b"", "cut": data[:half], "damaged": damaged, "rubbish": b"x\n" * 9}[harm])
    laptop.sync(anew=True)
    new = Laptop(tmp_path, "new", shared)
    report = new.sync()
    for each in report.strangers:
        new.sync(as_name=f"{each.device}=me")
    assert new.memories() == laptop.memories()
    assert report.damaged == 0


def test_the_database_of_another_folder_sends_everything(pair, tmp_path):
    """A second folder, as a USB stick, gets the whole log, with what came in from other devices."""
    laptop, desk = pair
    stick = tmp_path / "stick"
    stick.mkdir()
    laptop.shared = stick
    laptop.sync()
    new = Laptop(tmp_path, "new", stick)
    new.sync(as_name="me")
    assert new.memories() == desk.memories()


def test_a_folder_begun_anew_gets_the_lines_it_once_gave(pair, shared, tmp_path):
    """A folder that was emptied gets all lines again, also those read there; so does a second folder."""
    laptop, desk = pair
    stick = tmp_path / "stick"
    stick.mkdir()
    laptop.shared = stick
    laptop.sync()
    laptop.shared = shared
    desk.answer("c2")
    desk.sync()
    laptop.sync()
    shutil.rmtree(shared)
    shared.mkdir()
    laptop.sync(anew=True)
    laptop.shared = stick
    laptop.sync()
    for number, folder in enumerate((shared, stick)):
        new = Laptop(tmp_path, f"new{number}", folder)
        new.sync(as_name="me")
        assert new.memories() == desk.memories()


@pytest.mark.parametrize("harm", ["gone", "older", "closed"])
def test_what_another_file_lost_is_said_by_who_read_it(pair, shared, tmp_path, harm):
    """The lines of a device that is no more stay in the folder: who has them sends them."""
    laptop, desk = pair
    path = shared / "desk.jsonl"
    older = path.read_bytes()
    desk.answer("c2")
    desk.sync(close_at=1 if harm == "closed" else 1 << 20)
    laptop.sync()
    if harm == "older":
        path.write_bytes(older)
    else:
        for each in shared.glob("desk*"):
            each.unlink()
    assert laptop.sync().sent > 0
    assert laptop.sync().sent == 0
    new = Laptop(tmp_path, "new", shared)
    for each in new.sync().strangers:
        new.sync(as_name=f"{each.device}=me")
    assert new.memories() == desk.memories()


def test_a_file_that_closes_is_nothing_lost(pair, shared):
    """What a device closed and began anew, and a copy that only had what others have, is not sent again."""
    laptop, desk = pair
    copy = shared / "desk (conflicted copy).jsonl"
    shutil.copyfile(shared / "desk.jsonl", copy)
    laptop.sync()
    desk.answer("c2")
    desk.sync(close_at=1)
    assert sorted(path.name for path in shared.glob("desk-0*"))
    assert laptop.sync().sent == 0
    copy.unlink()
    assert laptop.sync().sent == 0
    assert laptop.memories() == desk.memories()


def test_two_people_at_one_device_stay_two(tmp_path, shared):
    """A name lets in whom it names: nobody else who uses that device becomes the same person."""
    family, mine = Laptop(tmp_path, "family", shared), Laptop(tmp_path, "mine", shared)
    family.answer("c0")
    family.sync()
    family.collection.close()
    bob = replace_learner(family, "bob")
    bob.answer("c1")
    bob.answer("c2")
    bob.sync()
    report = mine.sync(as_name="me")
    assert [(each.known_as, each.answers) for each in report.joined] == [("me", 1)]
    assert [(each.known_as, each.answers) for each in report.strangers] == [("bob", 2)]
    assert mine.collection.rows("SELECT learner, count(*) FROM review GROUP BY 1", {}) == [("me", 1)]
    third = Laptop(tmp_path, "third", shared)
    with pytest.raises(UsageError, match="several learners of family-name wait to join: bob, me") as caught:
        third.sync(as_name="anna")
    assert caught.value.hint == "say it of one after the other: `--as family-name:bob=anna`"
    report = third.sync(as_name=caught.value.hint.split()[-1].strip("`"))
    assert [(each.known_as, each.answers) for each in report.joined] == [("bob", 2)]
    assert [each.known_as for each in report.strangers] == ["me"]
    assert third.collection.rows("SELECT learner, count(*) FROM review GROUP BY 1", {}) == [("anna", 2)]


def replace_learner(laptop, learner):
    """The same computer, used by somebody else."""
    laptop.collection = open_at(
        laptop.home / "cards.db", laptop.clock, device=laptop.device, seed=99, learner=learner
    )
    return laptop


@pytest.mark.parametrize("synced", [False, True])
def test_an_import_taken_back_and_done_again_counts_once(tmp_path, shared, synced):
    """Two devices import one file; one takes it back and imports it again: each answer counts once."""
    path = tmp_path / "history.csv"
    rows = [f"registry/c{card},2025-0{month}-03T10:00:00Z,3" for month in (3, 5) for card in range(4)]
    path.write_text("card,reviewed_at,rating\n" + "\n".join(rows) + "\n")
    laptop, desk = Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "desk", shared)
    for each in (laptop, desk):
        assert each.collection.import_answers(path).new == 8
    if synced:
        in_step(laptop, desk)
        assert laptop.collection.undo().line.kind is ActKind.BATCH
        assert laptop.memories() != []
        desk.sync()
        desk.collection.undo()
        in_step(laptop, desk)
        assert live_answers(laptop) == 0
    else:
        laptop.collection.undo()
    assert laptop.collection.import_answers(path).new == 8
    assert laptop.collection.import_answers(path).new == 0
    in_step(laptop, desk)
    assert live_answers(laptop) == 8
    laptop.collection.undo()
    in_step(laptop, desk)
    assert live_answers(laptop) == (0 if synced else 8)
    for each in (laptop, desk):
        check_laws(each.collection)


@pytest.mark.parametrize("was", [(), ("c0",)])
def test_a_dry_run_of_an_import_knows_what_the_log_tells(pair, was):
    """Where a rename came with the log, a dry run says what the import then does, and changes nothing."""
    laptop, desk = pair
    laptop.deck.cards[0] = Written("zero", was=("c0",))
    import_decks(laptop.collection, [laptop.deck.write()])
    laptop.sync()
    desk.sync()
    desk.deck.cards[0] = Written("zero", was=was)
    path = desk.deck.write()
    before = [desk.collection.rows(f"SELECT * FROM {table}", {}) for table in ("card", "memory", "deck")]
    tried = import_decks(desk.collection, [path], dry_run=True)
    assert before == [
        desk.collection.rows(f"SELECT * FROM {table}", {}) for table in ("card", "memory", "deck")
    ]
    done = import_decks(desk.collection, [path])
    assert tried.files[0].counts == done.files[0].counts
    assert done.files[0].counts["added"] == done.files[0].counts["retired"] == 0
    in_step(laptop, desk)


def in_step(*laptops):
    """Sync until everybody has everything, and see that they agree."""
    for _ in range(2):
        for each in laptops:
            each.sync(as_name="me")
    assert all(each.memories() == laptops[0].memories() for each in laptops)
    assert all(live_answers(each) == live_answers(laptops[0]) for each in laptops)


def live_answers(laptop):
    """How many answers count."""
    return laptop.collection.rows("SELECT count(*) FROM review WHERE undone = 0", {})[0][0]


def test_nothing_is_noted_when_nothing_could_be_written(pair, monkeypatch):
    """With a full disk the sync tells why it sent nothing, and the next one sends what this one could not."""
    laptop, desk = pair
    laptop.answer("c2")
    laptop.answer("c3")

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(sync_folder, "sync_to_disk", full)
        report = laptop.sync()
    assert "is full; your answers are safe" in report.unsent
    assert report.sent == 0
    laptop.sync()
    desk.sync()
    assert desk.memories() == laptop.memories()


def test_a_missing_folder_is_no_place_to_begin(pair, tmp_path):
    """A folder that is not there is said, and not made."""
    laptop, _ = pair
    laptop.shared = tmp_path / "usb"
    with pytest.raises(NotFoundError, match="there is no folder"):
        laptop.sync()
    assert not laptop.shared.exists()


class KilledError(Exception):
    """Stands for the end of the process."""


CARDS = ("c0", "c1", "c2", "c3")


def live_through(laptop, random, monkeypatch):
    """One thing a person, a tool or bad luck does; the answers that were acknowledged."""
    doing = random.choices(
        ("answer", "undo", "sync", "killed", "harm", "suspend", "clock"), weights=(8, 2, 6, 3, 1, 1, 1)
    )[0]
    if doing == "answer":
        return [laptop.answer(random.choice(CARDS), random.choice(list(Rating))).id]
    if doing == "undo":
        laptop.collection.undo()
    elif doing == "suspend":
        laptop.collection.act(ActKind.SUSPEND, laptop.collection.find(f"registry/{random.choice(CARDS)}").key)
    elif doing == "clock":
        laptop.clock.advance(days=random.randrange(-3, 30), minutes=random.randrange(600))
    elif doing == "sync":
        laptop.sync(close_at=random.choice([900, 3_000]), anew=True)
    elif doing == "killed":
        kill_in_sync(laptop, random, monkeypatch)
    else:
        harm_a_file(laptop, random)
    return []


def kill_in_sync(laptop, random, monkeypatch):
    """End a sync at one of the moments it waits for the disk, before or after it did."""
    left = random.randrange(5)
    after = random.random() < 0.5
    real = sync_folder.sync_to_disk

    def killing(file):
        nonlocal left
        left -= 1
        if left < 0 and not after:
            raise KilledError
        real(file)
        if left < 0:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(sync_folder, "sync_to_disk", killing)
        with contextlib.suppress(KilledError):
            laptop.sync(close_at=900, anew=True)
            raise KilledError


def harm_a_file(laptop, random):
    """What is done to files of its own while a device is away: torn, cut, gone, damaged."""
    own = sorted(laptop.shared.glob(f"{laptop.device}*.jsonl*"))
    if not own:
        return
    path = random.choice(own)
    data = path.read_bytes()
    at = random.randrange(len(data) + 1)
    what = random.randrange(4)
    if what == 0:
        path.unlink()
    else:
        path.write_bytes((data[:at], data + b'{"v":1,"lear', data[:at] + b"?" + data[at + 1 :])[what - 1])


def come_to_rest(laptops):
    """Let everybody sync until nothing moves."""
    for _ in range(3):
        for laptop in laptops:
            report = laptop.sync(anew=True)  # the only file may have been taken away
            for each in report.strangers:
                laptop.sync(as_name=f"{each.device}=me", anew=True)


def campaign(tmp_path, seed, monkeypatch, *, turns):
    """Some devices live through much; then all have the same log and memories, with every answer."""
    random = seeded(seed)
    shared = tmp_path / "shared"
    shared.mkdir()
    laptops = [Laptop(tmp_path, name, shared, clock=Clock()) for name in ("laptop", "desk", "phone")]
    for laptop in laptops:
        laptop.clock.advance(days=random.randrange(-2, 3), minutes=random.randrange(1_000))
    said = set()
    for _ in range(turns):
        said.update(live_through(random.choice(laptops), random, monkeypatch))
    come_to_rest(laptops)
    logs = [laptop.log() for laptop in laptops]
    assert logs[0] == logs[1] == logs[2]
    assert said <= {line.id for line in logs[0]}
    memories = [laptop.memories() for laptop in laptops]
    assert memories[0] == memories[1] == memories[2]
    for laptop in laptops:
        assert laptop.sync(anew=True).troubles == []
        laptop.collection.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_all_devices_come_to_the_same(tmp_path, monkeypatch, seed):
    """Kills in the middle of syncs, harmed files, clocks off by days: nothing acknowledged is lost."""
    campaign(tmp_path, seed, monkeypatch, turns=40)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
def test_many_campaigns(tmp_path, monkeypatch):
    """The same, 150 times and longer."""
    for seed in range(1_000, 1_150):
        folder = tmp_path / str(seed)
        folder.mkdir()
        campaign(folder, seed, monkeypatch, turns=90)


def test_the_second_sync_waits_and_says_so(tmp_path, monkeypatch):
    """Whoever comes second waits, says so once, and gives up with a sentence when the first never ends."""
    monkeypatch.setattr(sync_lock, "SAID_AFTER_SECONDS", 0.1)
    told = []
    with (
        sync_lock.one_at_a_time(str(tmp_path)),
        sync_lock.one_at_a_time(str(tmp_path), what="git"),
        pytest.raises(FileProblems, match="another sync of this device does not end"),
        sync_lock.one_at_a_time(str(tmp_path), lambda: told.append("waits"), patience=0.4),
    ):
        pytest.fail("two at once")
    assert told == ["waits"]
    with sync_lock.one_at_a_time(str(tmp_path), lambda: told.append("waits")):
        assert told == ["waits"]


@pytest.mark.parametrize("was_read", [False, True], ids=["new", "read before"])
def test_a_file_that_vanishes_while_it_is_read_comes_in_later(tmp_path, shared, was_read):
    """A tool takes a file away and puts it back as it was: it is said, and the next sync has its lines."""
    laptop, desk, other = (Laptop(tmp_path, name, shared) for name in ("laptop", "desk", "zoo"))
    for each in (laptop, other)[: 1 + was_read]:
        each.answer("c0")
        each.sync()
        desk.sync(as_name=f"{each.device}=me")
    laptop.answer("c1")
    other.answer("c2")
    laptop.sync()
    other.sync()
    path, away = shared / "zoo.jsonl", tmp_path / "away"

    def take_away(*_):
        if path.exists():
            path.rename(away)

    report = desk.sync(progress=take_away)
    assert (report.vanished, report.troubles) == (["zoo.jsonl"], [])
    away.rename(path)
    report = desk.sync(as_name=None if was_read else "zoo=me")
    assert (report.vanished, report.strangers) == ([], [])
    assert {line.id for line in other.log()} <= {line.id for line in desk.log()}
