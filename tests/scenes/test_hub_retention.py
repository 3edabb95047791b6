"""How long what is kept: on a real hub, whose store has days that are older than they are. What is deleted leaves a line that everybody can read."""
import datetime
import json
import shutil
import sqlite3
import subprocess

from lab import Origin, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY

POINTS_TO_A_PERSON = ("source.ip", "source.port", "bouclier.client_key", "user_agent.original", "url.query")


def day(back):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=back)).strftime("%Y-%m-%d")


def lines(shield, back):
    return [json.loads(line) for line, in shield.query(f"events-{day(back)}.db", "SELECT line FROM events ORDER BY id")]


def make_older(shield, *backs):
    """Copies of today's file, as files of days that are over."""
    today = shield.hub_folder / f"events-{day(0)}.db"
    sqlite3.connect(today).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    owner = today.stat()
    for back in backs:
        old = shield.hub_folder / f"events-{day(back)}.db"
        shutil.copyfile(today, old)
        shutil.os.chown(old, owner.st_uid, owner.st_gid)
        old.chmod(owner.st_mode & 0o777)


def said(count, back):
    return f"{count} rows, from {day(back)}T00:00:00.000Z to {day(back - 1)}T00:00:00.000Z"


def deletions(shield):
    return {(entry["object"], entry["detail"]) for entry in shield.api("GET", "/api/v1/audit")[1]["entries"] if entry["what"] == "store.delete" and entry["who"] == "hub"}


def test_each_for_its_time():
    with Origin(lambda request: response(b"well"), record=False) as origin, HubShield(origin, hub={"keep": {"events": "5d", "addresses": "2d"}}, log={"requests": "all"}) as shield:
        for number in range(7):
            assert shield.get(f"/page?who={number}", ("User-Agent", "somebody's browser")).status == 200
        shield.wait_followed(least=7)
        shield.process.terminate()
        shield.process.wait(30)
        make_older(shield, 3, 4, 9, 12)
        before = lines(shield, 3)
        there = {name for line in before for name in POINTS_TO_A_PERSON if name in line}
        assert len(before) >= 7 and there >= {"source.ip", "user_agent.original", "url.query"}, there
        shield.start()
        shield.wait_hub()
        # It begins a minute after its start: whoever goes back in a hurry has time for it.
        wait_until(lambda: len(deletions(shield)) == 4, 120, "what is older is deleted, and told")
        assert deletions(shield) == {("events", said(len(before), back)) for back in (9, 12)} | {("addresses", said(len(before), back)) for back in (3, 4)}
        for back in 9, 12:
            assert not (shield.hub_folder / f"events-{day(back)}.db").exists()
        for back in 3, 4:
            after = lines(shield, back)
            assert not any(name in line for name in POINTS_TO_A_PERSON for line in after)
            assert [line.get("url.path") for line in after] == [line.get("url.path") for line in before], "the lines stay"
        assert any(line.get("source.ip") and line.get("url.query") for line in lines(shield, 0)), "today's is whole"
        # Readable without a hub, too, and in the chain.
        for words in ["audit", "show"], ["audit", "verify"]:
            done = subprocess.run([BINARY, *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, done.stderr
            if "show" in words:
                assert done.stdout.count("store.delete") == 4 and said(len(before), 9) in done.stdout and day(12) in done.stdout
