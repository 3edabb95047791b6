"""The only DNS that a shield under test has: a crawler's names, and nothing else."""
import pathlib
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from citizens import names  # noqa: E402  (the path comes first)

A, PTR, AAAA = 1, 12, 28
HEAD = struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0)


def query(name, kind):
    return HEAD + b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)


def ask(name, kind):
    """(code, the record's bytes)"""
    question = query(name, kind)
    said = names.answer(question)
    number, flags, questions, answers, _, _ = struct.unpack_from("!6H", said)
    assert number == 0x1234 and flags & 0x8000 and questions == 1 and said[12:len(question)] == question[12:]
    if not answers:
        assert len(said) == len(question)
        return flags & 15, None
    pointer, record_kind, record_class, _, length = struct.unpack_from("!HHHIH", said, len(question))
    assert (pointer, record_kind, record_class, len(said)) == (0xC00C, kind, 1, len(question) + 12 + length)
    return flags & 15, said[-length:]


def test_a_crawler_is_confirmed_forwards():
    code, name = ask("7.66.249.66.in-addr.arpa", PTR)
    assert code == 0 and name == b"\x11crawl-66-249-66-7\x09googlebot\x03com\0"
    assert ask("Crawl-66-249-66-7.GoogleBot.com", A) == (0, bytes([66, 249, 66, 7]))
    assert ask("crawl-66-249-66-7.googlebot.com", AAAA) == (0, None)


@pytest.mark.parametrize("name, kind", [("7.67.249.66.in-addr.arpa", PTR), ("256.66.249.66.in-addr.arpa", PTR), ("bench.test", A),
                                        ("crawl-66-249-66-999.googlebot.com", A), ("crawl-66-249-66-7.googlebot.com.evil.example", A)])
def test_nobody_else_has_a_name(name, kind):
    assert ask(name, kind) == (3, None)


def test_what_is_no_query():
    assert names.answer(b"") is None and names.answer(HEAD[:11]) is None
    assert names.answer(HEAD[:2] + b"\x80" + HEAD[3:]) is None  # an answer is not answered
    good = query("7.66.249.66.in-addr.arpa", PTR)
    for end in range(12, len(good)):
        assert struct.unpack_from("!H", names.answer(good[:end]), 2)[0] & 15 == 1, end
    assert struct.unpack_from("!H", names.answer(HEAD + b"\x7f" + b"a" * 127), 2)[0] & 15 == 1
    assert struct.unpack_from("!H", names.answer(HEAD + b"\x02\xff\xfe\0" + b"\0\0\0\0"), 2)[0] & 15 == 1
