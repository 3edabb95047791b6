"""Several administrations on one shield under one attack: what each is told is its own, whatever way it asks."""
import http.client
import json
import re
import shutil

import pytest

from lab import Origin, response, wait_until
from lab.hub import HubShield
from lab.place import make_folder
from test_hub_change import Person
from test_hub_elsewhere import bouclier

TOWNS = ("north", "south")
ASKED = {"north": 70, "south": 90}
ATTACK = "/?q=1%27+OR+%271%27%3D%271%27+--+-"


def host(town):
    return f"www.{town}.example"


def write_sites(shield, origin):
    settings = shield.settings
    settings["include"] = "sites.d/*/*.yaml"
    settings["tenants"] = [{"name": town, "files": f"sites.d/{town}", "hosts": [f"*.{town}.example", *(["localhost"] if town == "north" else [])], "origins": ["127.0.0.0/8"]} for town in TOWNS]
    settings["sites"] = []
    for town in TOWNS:
        folder = shield.folder / "sites.d" / town
        folder.mkdir(parents=True)
        site = {"name": host(town), "hosts": [host(town), *(["localhost"] if town == "north" else [])], "origins": [origin.url], "waf": {"mode": "block"}}
        folder.joinpath("site.yaml").write_text(json.dumps({"sites": [site]}))
    shield.write(settings)


@pytest.fixture(scope="module")
def shield():
    place = make_folder("tenants")
    probes = [{"name": "antwerp", "key": bouclier("probe", "key", place / "probe.key").strip()}]
    with Origin(lambda request: response(b"well"), record=False) as origin, HubShield(origin, hub={"probes": probes}, start=False, trusted_proxies=["127.0.0.1"]) as one:
        write_sites(one, origin)
        one.start()
        one.wait_hub()
        one.probe_key = place / "probe.key"
        yield one
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def people(shield):
    code = wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints its code")[1]
    agnes = Person(shield, "agnes", code)
    found = {"all": agnes}
    for town in TOWNS:
        status, said = agnes.ask("POST", "/people", {"name": f"{town}-clerk", "roles": ["operator"], "tenants": [town], "language": "en"})
        assert status == 200, said
        found[town] = Person(shield, f"{town}-clerk", said["code"])
    return found


@pytest.fixture(scope="module")
def attack(shield, people):
    """One attack on both, from sources that are as many as they need not be banned; the incident as who sees all sees it."""
    for number in range(max(ASKED.values())):
        for place, town in enumerate(TOWNS):
            if number < ASKED[town]:
                assert shield.get(ATTACK, ("X-Forwarded-For", f"203.0.113.{place * 100 + number}"), host=host(town)).status == 403
    shield.wait_followed()
    # By the socket: a session may not ask so fast.
    wait_until(lambda: [one["sites"] for one in shield.api("GET", "/api/v1/incidents")[1]["incidents"] if len(one["sites"]) == 2], 30, "one incident of both")
    assert len(people["all"].good("GET", "/incidents")["incidents"]) == 1
    wait_until(lambda: shield.api("GET", "/api/v1/incidents/1")[1]["incident"]["decisions"]["block"] == sum(ASKED.values()), 20, "all of it is counted")
    return people["all"].good("GET", "/incidents/1")


def other(town):
    return TOWNS[town == TOWNS[0]]


def raw(person, path, limit=None):
    """What is sent, as text. LIMIT: bytes of a stream that does not end."""
    connection = http.client.HTTPConnection("127.0.0.1", person.port, timeout=20)
    connection.request("GET", "/api/v1" + path, headers={"Cookie": person.cookie})
    answer = connection.getresponse()
    if limit:
        text = b""
        while b"event: now" not in text or b"\n\n" not in text[text.index(b"event: now"):]:
            text += answer.read1(limit)
    else:
        text = answer.read()
    connection.close()
    return answer.status, text.decode()


ASK = ("/now", "/incidents", "/incidents?status=all", "/incidents/1", "/incidents/1/totals", "/events", "/events/export", "/sites", "/protection", "/health", "/totals?kind=events&by=site",
       "/totals?kind=decisions.&grain=minute", "/probes", "/alerts", "/session")


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("path", ASK)
def test_nothing_names_the_other(people, attack, town, path):
    status, text = raw(people[town], path)
    assert status == 200, text
    assert other(town) not in text, text[max(0, text.index(other(town)) - 300):][:600]


@pytest.mark.parametrize("town", TOWNS)
def test_what_is_sent_live_names_nobody_else(people, attack, town):
    status, text = raw(people[town], "/stream", 65536)
    assert status == 200 and host(town) in text and other(town) not in text


@pytest.mark.parametrize("town", TOWNS)
def test_the_numbers_are_its_own(people, attack, town):
    mine = people[town].good("GET", "/incidents/1")["incident"]
    assert [site["name"] for site in mine["sites"]] == [host(town)] and mine["sites_more"] == 0 and mine["tenants"] == [town]
    assert mine["decisions"]["block"] == ASKED[town]
    assert {vector["name"]: vector["count"] for vector in mine["vectors"]} == {"application": ASKED[town]}
    assert str(sum(ASKED.values())) not in json.dumps(people[town].good("GET", "/incidents/1")["sentences"])
    series = people[town].good("GET", "/incidents/1/totals")["series"]
    assert sum(count for one in series if one["kind"].startswith("decisions.block") for _, count in one["points"]) == ASKED[town]
    events = raw(people[town], "/events/export?q=decision%3Dblock")[1].splitlines()
    assert events and all(json.loads(line)["bouclier.tenant"] == town for line in events[:-1])


@pytest.mark.parametrize("town", TOWNS)
def test_what_is_the_others_is_not_there(shield, people, attack, town):
    theirs = next(row for row in shield.rows() if row.get("bouclier.site") == host(other(town)) and "bouclier.request_id" in row)["bouclier.request_id"]
    for path in (f"/requests/{theirs}", f"/sites/{host(other(town))}"):
        assert people[town].refused("GET", path) == (404, "not-found")
    assert people[town].good("GET", "/alerts")["paths"] == people[town].good("GET", "/alerts")["waiting"] == []
    for path in ("/config", "/proposals"):
        assert people[town].refused("GET", path) == (403, "forbidden")
    assert people[town].good("GET", f"/incidents?site={host(other(town))}")["incidents"] == people[town].good("GET", f"/incidents?tenant={other(town)}")["incidents"] == []
    assert people[town].good("GET", f"/events?q=site%3D{host(other(town))}")["events"] == []
    version = people[town].good("GET", "/incidents/1")["version"]
    assert people[town].ask("POST", "/incidents/1/close", {"version": version})[0] == 403
    assert people[town].ask("POST", f"/sites/{host(other(town))}/level", {"level": "attack", "why": "mine"})[0] == 404


def test_a_vantage_is_told_to_whom_it_looks_for(shield, people):
    said = bouclier("probe", "--once", "--to", shield.url, "--key", shield.probe_key, "--name", "antwerp", f"http://localhost:{shield.plain}/")
    assert "served" in said
    whole, = people["all"].good("GET", "/probes")["probes"]
    assert whole["name"] == "antwerp" and whole["asked"] == whole["reached"] >= 1
    assert people["north"].good("GET", "/probes")["probes"] == [whole], "it looked at localhost, which is north's"
    assert people["south"].good("GET", "/probes")["probes"] == []
