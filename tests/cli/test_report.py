"""`bouclier report`: what is not understood, and what a running shield adds."""
import json

import pytest
from lab.place import HOST


@pytest.mark.parametrize("words, code, sentence", [
    (["--for", "0s"], 2, "--for is a duration"), (["--for", "2m"], 2, "--for is a duration"), (["--language", "es"], 2, "--language is en, nl, fr or de"),
    (["--output", "xml"], 2, "--output is human or json"), (["more"], 2, "does not know what to do with more")])
def test_misunderstood(bouclier, words, code, sentence):
    said = bouclier("report", "carrier", *words)
    assert said.code == code and sentence in said.err and said.out == ""


def test_which_report(bouclier):
    assert bouclier("report", "carier").code == 2
    assert bouclier("report").code == 2


def test_what_a_running_shield_adds(bouclier, shield):
    """Sources that are banned, as networks; requests that were refused meanwhile are counted. Single addresses are nowhere."""
    for address in ("203.0.113.5", "203.0.113.77", "2001:db8:1:2::3"):
        assert bouclier("ban", address, "--socket", shield.admin_socket).code == 0
    said = bouclier("report", "carrier", "--config", shield.config, "--for", "1s", "--output", "json")
    assert said.code == 0, said
    assert said.json["shield_asked"] is True
    assert said.json["banned_sources"] == [{"network": "203.0.113.0/24", "banned": 2}, {"network": "2001:db8:1::/48", "banned": 1}]
    assert "Networks that most of those are in whom we have banned" in said.json["message"]["en"]
    assert "203.0.113.5" not in json.dumps(said.json) and HOST not in said.err
