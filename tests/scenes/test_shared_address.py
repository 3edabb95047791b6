"""Behind one address: those who show a token of their own are no part of what the others owe."""
import time
from collections import Counter

import pytest

import lab
from lab import response
from test_challenge import HOME, PHONE, Client, admitted
from test_sources import bans

SMALL = {"requests": "1/m", "requests_burst": 5, "errors": "5/s", "errors_burst": 100}
TOKEN_BURST, TOKEN_RATE = 300, 20
MADE_TO_ASK = ("Sec-Fetch-Site", "cross-site")  # limited, and never banned for it


@pytest.fixture
def house():
    with lab.Origin(response(b"<h1>Town</h1>", "200 OK", "Content-Type: text/html")) as origin:
        with lab.Shield(origin, site={"challenge": "always"}, workers=1, trusted_proxies=["127.0.0.1"], source_budgets=SMALL) as shield:
            yield origin, shield


def crowd(house, count=60):
    """Others behind HOME, without tokens, who ask for more than it may have."""
    return Counter(Client(house, agent=f"browser {number % 5}").ask("/feed", MADE_TO_ASK, page=False).status for number in range(count))


def test_a_token_of_his_own_is_read_before_his_address_is_refused(house):
    citizen, moved = admitted(house), admitted(house, source=PHONE)
    assert crowd(house)[429]
    for _ in range(20):
        assert (citizen.ask().status, Client(house).ask().status) == (200, 429)
    moved.source = HOME
    assert moved.ask().status == 429, "one that was issued elsewhere frees nobody"
    forged = Client(house)
    forged.cookie = citizen.cookie[:-1] + ("A" if citizen.cookie[-1] != "A" else "B")
    assert forged.ask().status == 429
    line = house[1].event_of(citizen.ask())
    assert line["bouclier.decision"] == "allow" and not bans(house[1])


def test_a_token_has_a_budget_of_its_own_there_too(house):
    citizen, begun, let_in, refused = admitted(house), time.monotonic(), 0, 0
    crowd(house)
    while refused < 20 and let_in < 3 * TOKEN_BURST:
        status = citizen.ask("/feed", page=False).status
        crowd(house, 1)
        let_in, refused = let_in + (status == 200), refused + (status == 429)
    earned = TOKEN_RATE * (time.monotonic() - begun)
    assert TOKEN_BURST - 5 <= let_in <= TOKEN_BURST + earned + 45, (let_in, earned)


def test_who_shows_one_is_not_banned_for_what_he_sent_before(house):
    citizen = admitted(house, agent="the only one here")
    cookie, citizen.cookie = citizen.cookie, None
    assert Counter(citizen.ask("/feed", MADE_TO_ASK, page=False).status for _ in range(80))[429]
    citizen.cookie = cookie
    assert citizen.ask().status == 200 and not bans(house[1])
