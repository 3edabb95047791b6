"""`bouclier audit`: the hub's audit log, read from its files."""
import hashlib
import json

import pytest

ZERO = "0" * 64


def lines(count, **more):
    """As docs/people.md says that they are written: by another program than ours."""
    previous = ZERO
    for number in range(1, count + 1):
        entry = {"number": number, "at": f"2026-11-30T08:00:{number:02}.000Z", "who": "agnes", "what": "ban.add", "object": f"192.0.2.{number}", "detail": "é \"1h\"", "previous": previous}
        front = json.dumps({**entry, **more}, ensure_ascii=False, separators=(",", ":"))[:-1]
        previous = hashlib.sha256(front.encode()).hexdigest()
        yield f'{front},"hash":"{previous}"}}\n', previous


def name(number):
    return f"audit-{number:020}.jsonl"


@pytest.fixture
def log(folder):
    """Six entries in two files, in the state folder that a configuration names."""
    log = folder / "state" / "hub" / "audit"
    log.mkdir(parents=True)
    made = [line for line, _ in lines(6)]
    (log / name(1)).write_text("".join(made[:4]))
    (log / name(5)).write_text("".join(made[4:]))
    return log


@pytest.fixture
def audit(folder, log, bouclier):
    (folder / "bouclier.yaml").write_text(json.dumps({"state": str(folder / "state"), "broken": "elsewhere"}))

    return lambda *words: bouclier("audit", *map(str, words), "--config", str(folder / "bouclier.yaml"))


def test_a_whole_chain(audit, log):
    said = audit("verify")
    assert said.code == 0 and "intact: entries 1 to 6" in said.out and "--head" in said.out
    head = audit("head")
    assert head.out.strip() == list(lines(6))[-1][1]
    assert "is in it" in audit("verify", "--head", head.out.strip()).out
    said = json.loads(audit("verify", "--output", "json").out)
    assert said == {"intact": True, "entries": 6, "first": 1, "last": 6, "head": head.out.strip(), "broken": 0}


def test_one_flipped_byte_is_found_wherever_it_is(audit, log):
    path = log / name(5)
    whole = path.read_bytes()
    for at in range(0, len(whole), 29):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        said = audit("verify")
        assert said.code == 1, at
        assert f"{name(5)}:{1 + whole[:at].count(b'%c' % 10)}" in said.err, (at, said.err)


def test_an_end_that_was_cut_off_needs_a_hash_that_was_kept(audit, log):
    head = audit("head").out.strip()
    (log / name(5)).unlink()
    assert audit("verify").code == 0
    said = audit("verify", "--head", head)
    assert said.code == 1 and "cut off" in said.err


def test_a_chain_that_was_written_anew_as_a_whole_needs_one_too(audit, log):
    head = audit("head").out.strip()
    (log / name(1)).write_text("".join(line for line, _ in lines(6, who="mallory")))
    (log / name(5)).unlink()
    assert audit("verify").code == 0
    assert audit("verify", "--head", head).code == 1


def test_files_by_name(audit, log):
    said = audit("verify", log / name(5))
    assert said.code == 0 and "begins with entry 5" in said.err
    assert audit("verify", log / name(1), log / name(5)).code == 0
    said = audit("verify", log / name(5), log / name(1))
    assert said.code == 1 and "another place" in said.err
    said = audit("verify", log / "none")
    assert said.code == 1 and "No such file" in said.err


def test_entries_are_shown(audit, log):
    said = audit("show", "--lines", 2)
    assert [line.split()[0] for line in said.out.splitlines()] == ["6", "5"]
    assert "agnes" in said.out and "192.0.2.6" in said.out and 'é "1h"' in said.out
    said = audit("show", "--output", "json")
    assert [json.loads(line)["number"] for line in said.out.splitlines()] == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("words, text", [
    (["look"], "verify, show or head"), (["verify", "--head", "12"], "64 hexadecimal digits"), (["show", "--lines", "0"], "--lines"),
    (["show", "--head", ZERO], "goes with verify"), (["show", "file"], "files go with verify"), ([], "audit"),
])
def test_what_is_not_understood(audit, words, text):
    said = audit(*words)
    assert said.code == 2 and text in said.err


def test_no_log(audit, log):
    said = audit("verify", "--folder", log / "none")
    assert said.code == 1 and "cannot be opened" in said.err


def test_what_strangers_typed_gives_no_orders_to_the_terminal(audit, log):
    """U+009B is what ESC [ is, and U+202E turns what follows it: names of people who never got in are in the log."""
    made = [line for line, _ in lines(2, detail="\u009b2J \u202egnorw \u2066", object="é €")]
    (log / name(1)).write_text("".join(made))
    (log / name(5)).unlink()
    said = audit("show")
    assert not set(said.out) & set("\u009b\u202e\u2066"), said.out
