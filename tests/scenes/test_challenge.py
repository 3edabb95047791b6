"""Strangers are asked once to prove themselves: what they get, what lets them in, what does not, and who is never asked."""
import base64
import hashlib
import html
import os
import re
import signal
import time
from urllib.parse import quote, urlencode

import pytest

import lab
from lab import HOST, response

HOME, PHONE, TRAIN = "192.0.2.1", "198.51.100.7", "203.0.113.9"
ADMIT = "/.well-known/bouclier/admit"
PAGE = (("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Sec-Fetch-Dest", "document"), ("User-Agent", "Mozilla/5.0"))
FORM = (("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"))


@pytest.fixture(scope="module")
def house():
    with lab.Origin(response(b"<!doctype html><title>Town</title><h1>Town</h1>", "200 OK", "Content-Type: text/html")) as origin:
        site = {"challenge": "always", "contact": "mailto:help@commune.example"}
        with lab.Shield(origin, site=site, workers=1, trusted_proxies=["127.0.0.1"], log={"requests": "all"}, may_die=True) as shield:
            yield origin, shield


class Client:
    """Who keeps cookies, if he does: over TLS, from the address that a proxy in front tells."""

    def __init__(self, house, source=HOME, keeps=True, agent=None):
        self.origin, self.shield = house
        self.source, self.keeps, self.cookie, self.agent = source, keeps, None, agent

    def ask(self, path="/", *fields, method="GET", body=None, page=True):
        fields = [*(PAGE if page else ()), *fields, ("X-Forwarded-For", self.source)]
        if self.agent:
            fields = [field for field in fields if field[0] != "User-Agent"] + [("User-Agent", self.agent)]
        if self.cookie:
            fields.append(("Cookie", self.cookie))
        reply = self.shield.get(path, *fields, method=method, body=body, context=lab.trusting())
        for said in reply.all("set-cookie"):
            assert said.endswith("; HttpOnly; SameSite=Lax; Secure") and "; Path=/;" in said and "Domain" not in said
            if self.keeps:
                self.cookie = said.partition(";")[0]
        return reply

    def lane(self):
        """What the cookie says of itself: the sixth byte."""
        text = self.cookie.partition("=")[2]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[5]


def told(reply):
    """What the page's script is told."""
    return dict(re.findall(r'data-(\w+)="([^"]*)"', reply.text))


def solve(data):
    """As challenge.js does it."""
    seed, found = hashlib.sha256(data["ask"].encode()).digest()[:16], []
    for part in range(int(data["parts"])):
        number = 0
        while int.from_bytes(hashlib.sha256(seed + part.to_bytes(4, "big") + number.to_bytes(4, "big")).digest()[:4], "big") >> (32 - int(data["bits"])):
            number += 1
        found.append(f"{number:x}")
    return ".".join(found)


def is_page(reply):
    return reply.status == 503 and "bouclier/admit" in reply.text


def admitted(house, **keys):
    client = Client(house, **keys)
    data = told(client.ask())
    reply = client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", method="POST")
    assert reply.status == 204 and client.lane() == 1, (reply.status, reply.text)
    return client


# -- the page --


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_answer_for_a_visitor(house, site):
    """Their pages send his browser to the reserved path: nothing is earned by it, and nothing lost."""
    client = Client(house)
    data = told(client.ask())
    reply = client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", ("Sec-Fetch-Site", site), method="POST", page=False)
    assert not reply.get("set-cookie") and is_page(client.ask("/page"))
    reply = client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", ("Sec-Fetch-Site", "same-origin"), method="POST", page=False)
    assert reply.status == 204 and reply.get("set-cookie")


def test_an_answer_that_is_sent_again_uses_up_nobodys_tokens(house):
    """A network gets 128 at once: 200 replays of one answer leave them to those who work."""
    client = Client(house)
    data = told(client.ask())
    asked, work = client.cookie, solve(data)
    for _ in range(200):
        client.cookie = asked
        client.ask(f"{ADMIT}?ask={data['ask']}&work={work}", method="POST")
    admitted(house)


def test_the_page_says_all(house):
    reply = Client(house).ask("/steps?a=1&b=<2>")
    assert is_page(reply) and reply.get("retry-after") == told(reply)["wait"] and 2 <= int(told(reply)["wait"]) <= 6
    assert reply.get("cache-control") == "no-store" and reply.get("x-request-id") in reply.text and "help@commune.example" in reply.text
    policy = reply.get("content-security-policy")
    for part in ("default-src 'none'", "form-action 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    for kind in ("script", "style"):
        inside = re.findall(f"<{kind}>(.*?)</{kind}>", reply.text, re.DOTALL)
        assert len(inside) == 1
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()}'" in policy
    line = house[1].event_of(reply)
    assert (line["bouclier.decision"], line["bouclier.reasons"]) == ("challenge", ["challenged"])


@pytest.mark.parametrize("language, word", [("nl", "Een ogenblik"), ("fr", "Un instant"), ("de", "Einen Augenblick"), ("en", "One moment")])
def test_it_speaks_the_visitors_language(house, language, word):
    reply = Client(house).ask("/", ("Accept-Language", language))
    assert f'<html lang="{language}">' in reply.text and word in reply.text


def test_an_administrators_policy_does_not_break_it(house):
    origin, shield = house
    shield.site()["headers"] = {"response": {"set": {"Content-Security-Policy": "script-src 'none'"}, "remove": ["Set-Cookie"]}}
    shield.apply()
    try:
        reply = Client(house).ask()
        assert "sha256-" in reply.get("content-security-policy") and reply.get("set-cookie")
    finally:
        del shield.site()["headers"]
        shield.apply()


# -- those who solve it --


def test_work_lets_in_and_is_not_asked_again(house):
    client = admitted(house)
    for _ in range(3):
        reply = client.ask("/page")
        assert reply.status == 200 and not reply.get("set-cookie")
    assert client.ask("/page", page=False).status == 200
    assert not house[0].last.get("cookie")
    client.cookie = "a=1;b=2 ; " + client.cookie + "; c=3"
    assert client.ask("/page").status == 200 and house[0].last.get("cookie") == "a=1; b=2; c=3"


def test_a_puzzle_is_paid_once(house):
    client = Client(house, source="192.0.2.20")
    data = told(client.ask())
    work, asked = solve(data), client.cookie
    assert client.ask(f"{ADMIT}?ask={data['ask']}&work={work}", method="POST").status == 204
    client.cookie = asked
    reply = client.ask(f"{ADMIT}?ask={data['ask']}&work={work}", method="POST")
    assert reply.status == 403 and not reply.get("set-cookie")


@pytest.mark.parametrize("change", [
    lambda ask, work: (ask[:-2] + "AA", work), lambda ask, work: (ask, work[:-1] + "g"), lambda ask, work: (ask, "0." * 15 + "0"),
    lambda ask, work: (ask, work + ".1"), lambda ask, work: ("", work), lambda ask, work: (ask, "x" * 2000)])
def test_nothing_else_lets_in(house, change):
    client = Client(house, source="192.0.2.21")
    data = told(client.ask())
    ask, work = change(data["ask"], solve(data))
    assert client.ask(f"{ADMIT}?ask={ask}&work={work}", method="POST").status == 403
    assert is_page(client.ask())


def test_forged_cookies_are_none(house):
    client = admitted(house, source="192.0.2.22")
    good = client.cookie
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), good[:-10], "__Host-bouclier=", "__Host-bouclier=" + "A" * 75, good + "A",
                good.replace("__Host-", "")):
        client.cookie = bad
        assert is_page(client.ask()), bad
    client.cookie = "a=b; " + "__Host-bouclier=forged; " + good  # another may have set one of our name
    assert client.ask().status == 200


def test_another_network_costs_a_lane_and_nothing_else(house):
    client = admitted(house, source="192.0.2.23")
    client.source = PHONE
    reply = client.ask()
    assert reply.status == 200 and reply.get("set-cookie") and client.lane() == 2
    for source in ("192.0.2.23", PHONE) * 2:
        client.source = source
        reply = client.ask()
        assert reply.status == 200 and not reply.get("set-cookie") and client.lane() == 2
    client.source = TRAIN
    assert client.ask().status == 200 and client.lane() == 2


def test_tokens_outlive_a_reload_and_a_killed_edge(house):
    client = admitted(house, source="192.0.2.24")
    house[1].apply()
    assert client.ask().status == 200
    os.kill(house[1].edge(), signal.SIGKILL)
    lab.wait_until(house[1].is_ready, 20, "another edge serves")
    assert client.ask().status == 200


# -- those who wait --


def wait_url(reply):
    """Where the page goes by itself, and when."""
    found = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+); url=([^"]+)"></noscript>', reply.text)
    return int(found[1]), found[2]


def test_a_wait_lets_in_one_lane_lower(house):
    client = Client(house, source="192.0.2.30")
    wait, url = wait_url(client.ask("/steps?a=1&b=%2f"))
    early = client.ask(url)
    assert is_page(early) and int(early.get("retry-after")) <= wait and told(early)["parts"] == "0"
    time.sleep(wait)
    reply = client.ask(url)
    assert reply.status == 303 and reply.get("location") == "/steps?a=1&b=%2f" and client.lane() == 2
    assert client.ask("/steps").status == 200


def test_without_cookies_there_is_a_wait_and_no_circle(house):
    client = Client(house, source="192.0.2.31", keeps=False)
    page = client.ask()
    data = told(page)
    assert client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", method="POST").status == 403
    again = client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}")
    assert is_page(again) and told(again)["parts"] == "0" and told(again)["ask"] == data["ask"]
    wait, url = wait_url(page)
    time.sleep(wait)
    assert client.ask(url).status == 303
    for _ in range(3):
        assert client.ask("/more").status == 200
    client.agent = "Another/1.0"
    assert is_page(client.ask())


def test_nobody_is_led_elsewhere(house):
    client = Client(house, source="192.0.2.33")
    for to in ("//elsewhere.example/", "/\\elsewhere.example", "https://elsewhere.example/", "/a%0d%0aSet-Cookie:x=y", "", "%zz", "javascript:x"):
        client.cookie = None
        reply = client.ask(f"{ADMIT}?ask=x&to={quote(to, safe='%')}")
        assert reply.status == 303 and reply.get("location") == "/", (to, reply.get("location"))


# -- those who are never asked --


@pytest.mark.parametrize("fields", [
    (("Accept", "application/json"),), (("Accept", "*/*"),), (), (("Accept", "application/rss+xml, application/atom+xml"),),
    (("Accept", "image/avif,image/webp,*/*"), ("Sec-Fetch-Dest", "image")), (("Accept", "text/css,*/*;q=0.1"), ("Sec-Fetch-Dest", "style")),
    (("Accept", "text/html"), ("Sec-Fetch-Dest", "empty"))])
def test_programs_feeds_and_assets_are_not_asked(house, fields):
    assert Client(house, source="192.0.2.40").ask("/thing", *fields, page=False).status == 200


def test_off_is_off(house):
    origin, shield = house
    for mode in ("off", "auto"):
        shield.site()["challenge"] = mode
        shield.apply()
        assert Client(house, source="192.0.2.41").ask().status == 200
        assert Client(house, source="192.0.2.41").ask(ADMIT).status == (200 if mode == "off" else 303)
    shield.site()["challenge"] = "always"
    shield.apply()


# -- forms --


def sealed_form(reply):
    action = re.search(r'<form method="post" action="([^"]+)"', reply.text)[1].replace("&amp;", "&")
    return action, dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', reply.text))


def posts(origin):
    return [each for each in origin.requests if each.method == "POST"]


def test_a_form_is_carried_and_comes_once(house):
    origin, shield = house
    client = Client(house, source="192.0.2.50")
    origin.forget()
    body = urlencode({"name": "Zoë & co", "text": "x" * 30000}).encode()
    page = client.ask("/contact?lang=nl", *FORM, method="POST", body=body)
    assert is_page(page) and b"x" * 100 not in page.body and not posts(origin)
    data, (action, form) = told(page), sealed_form(page)
    assert action == "/contact?lang=nl&bouclier-carried"
    assert client.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", method="POST").status == 204
    back = urlencode(form).encode()
    assert client.ask(action, *FORM, method="POST", body=back).status == 200
    arrived = posts(origin)
    assert len(arrived) == 1 and arrived[0].body == body and arrived[0].target == "/contact?lang=nl"
    assert arrived[0].get("content-length") == str(len(body))
    for source, where in ((client.source, action), (PHONE, action), (client.source, "/other?bouclier-carried")):
        client.source = source
        assert client.ask(where, *FORM, method="POST", body=back).status == 429
    assert len(posts(origin)) == 1


def test_a_form_waits_without_a_script(house):
    origin, shield = house
    client = Client(house, source="192.0.2.51")
    origin.forget()
    page = client.ask("/contact", *FORM, method="POST", body=b"a=b")
    action, form = sealed_form(page)
    back = urlencode(form).encode()
    early = client.ask(action, *FORM, method="POST", body=back)
    assert is_page(early) and sealed_form(early)[1]["sealed"] == form["sealed"] and not posts(origin)
    time.sleep(int(told(page)["wait"]))
    reply = client.ask(action, *FORM, method="POST", body=back)
    assert reply.status == 200 and client.lane() == 2
    assert [each.body for each in posts(origin)] == [b"a=b"]


@pytest.mark.parametrize("fields, size", [
    ((FORM[0],), 3), ((FORM[0], ("Sec-Fetch-Site", "cross-site"), ("Origin", f"https://{HOST}")), 3), ((FORM[0], ("Origin", "https://elsewhere.example")), 3),
    ((("Content-Type", "multipart/form-data; boundary=b"), FORM[1]), 3), ((("Content-Type", "application/json"), FORM[1]), 3), (FORM, 65537)])
def test_other_forms_are_told_when_to_come_back(house, fields, size):
    origin, shield = house
    origin.forget()
    reply = Client(house, source="192.0.2.52").ask("/contact", *fields, method="POST", body=b"a" * size)
    assert reply.status == 429 and reply.get("retry-after") == "10" and "10 seconds" in reply.text and reply.get("x-request-id") in reply.text
    assert not posts(origin)


def test_by_the_origin_field_too(house):
    client = Client(house, source="192.0.2.53")
    assert is_page(client.ask("/contact", FORM[0], ("Origin", f"https://{HOST}"), method="POST", body=b"a" * 65536))


def test_known_citizens_post_as_ever(house):
    origin, shield = house
    client = admitted(house, source="192.0.2.54")
    origin.forget()
    assert client.ask("/contact", ("Content-Type", "multipart/form-data; boundary=b"), method="POST", body=b"x" * 100000).status == 200
    assert posts(origin)[0].body == b"x" * 100000


LEADS_ON = {
    "elsewhere": (302, "https://login.example/start?a=1&b=\"2\"", True),
    "here": (303, "/thanks", True),
    "beside": (301, "thanks?at=10:30", True),
    "again": (307, "https://login.example/", False),
    "script": (302, "javascript:alert(1)", False),
}


@pytest.mark.parametrize("kind", LEADS_ON)
def test_where_a_carried_form_leads_to(house, kind):
    """A redirect of a form's navigation to another site is forbidden by the page's own policy: a page of ours leads there."""
    origin, shield = house
    status, url, is_led = LEADS_ON[kind]
    client, before = Client(house, source=f"192.0.2.{70 + list(LEADS_ON).index(kind)}"), origin.answer
    page = client.ask("/login", *FORM, method="POST", body=b"a=b")
    action, form = sealed_form(page)
    time.sleep(int(told(page)["wait"]))
    client.keeps = False
    origin.forget()
    fields = f"Location: {url}\r\nContent-Type: text/html\r\nSet-Cookie: session=1\r\nSet-Cookie: other=2"
    origin.answer = response(b"<script>alert(1)</script>", f"{status} Elsewhere", *fields.split("\r\n"))
    try:
        reply = shield.get(action, *PAGE, *FORM, ("X-Forwarded-For", client.source), method="POST", body=urlencode(form).encode(), context=lab.trusting())
        told_by = shield.event_of(reply)
        plain = shield.get("/login", *PAGE, ("X-Forwarded-For", client.source), ("Cookie", reply.all("set-cookie")[-1].partition(";")[0]), context=lab.trusting())
    finally:
        origin.answer = before
    assert [each.body for each in posts(origin)] == [b"a=b"]
    assert [each for each in reply.all("set-cookie") if "bouclier" not in each] == ["session=1", "other=2"]
    assert (plain.status, plain.get("location")) == (status, url), "only what was carried"
    if not is_led:
        assert (reply.status, reply.get("location")) == (status, url)
        return
    assert reply.status == 200 and reply.get("location") is None and "script" not in reply.text and reply.get("cache-control") == "no-store"
    assert f'content="0; url={html.escape(url)}"' in reply.text.replace("&#34;", "&quot;")
    assert told_by["http.response.status_code"] == 200 and told_by["bouclier.decision"] == "allow"


def test_where_a_carried_form_leads_to_has_the_sticky_cookie(house):
    """The page that leads on is ours, and its visitor stays with the origin that took his form all the same."""
    origin, shield = house
    client, before = Client(house, source="192.0.2.80"), origin.answer
    shield.site()["sticky_cookie"] = "seat"
    shield.apply()
    try:
        page = client.ask("/login", *FORM, method="POST", body=b"a=b")
        action, form = sealed_form(page)
        time.sleep(int(told(page)["wait"]))
        origin.answer = response(b"", "302 Elsewhere", "Location: https://login.example/", "Set-Cookie: session=1")
        asked = (*PAGE, *FORM, ("X-Forwarded-For", client.source))
        reply = shield.get(action, *asked, method="POST", body=urlencode(form).encode(), context=lab.trusting())
    finally:
        origin.answer = before
        del shield.site()["sticky_cookie"]
        shield.apply()
    assert reply.status == 200 and "https://login.example/" in reply.text
    assert sorted(each.partition("=")[0] for each in reply.all("set-cookie") if "bouclier" not in each) == ["seat", "session"]


def test_rules_see_a_carried_form(house):
    origin, shield = house
    shield.folder.joinpath("own.conf").write_text('SecRuleEngine On\nSecRequestBodyAccess On\nSecRule ARGS:text "@streq evil" "id:1,phase:2,deny,status:403"\n')
    shield.site()["waf"] = {"mode": "block", "ruleset": "own.conf"}
    shield.apply()
    try:
        for text, status in (("evil", 403), ("good", 200)):
            client = admitted(house, source="192.0.2.55")
            client.cookie, kept = None, client.cookie
            page = client.ask("/contact", *FORM, method="POST", body=f"text={text}".encode())
            action, form = sealed_form(page)
            client.cookie = kept
            origin.forget()
            assert client.ask(action, *FORM, method="POST", body=urlencode(form).encode()).status == status
            assert [each.body for each in posts(origin)] == ([b"text=good"] if status == 200 else [])
    finally:
        del shield.site()["waf"]
        shield.apply()


def test_a_form_over_http2(house):
    """One stream after the other: the body is read before there is an origin."""
    import h2.connection
    import h2.events
    origin, shield = house
    origin.forget()
    with shield.connect(context=lab.trusting("h2")) as stream:
        peer = h2.connection.H2Connection()
        peer.initiate_connection()

        def ask(path, body, cookie):
            number = peer.get_next_available_stream_id()
            fields = [(":method", "POST"), (":path", path), (":scheme", "https"), (":authority", HOST), ("content-length", str(len(body)))]
            fields += [(name.lower(), value) for name, value in (*PAGE, *FORM, ("X-Forwarded-For", "192.0.2.56"))]
            peer.send_headers(number, fields + ([("cookie", cookie)] if cookie else []))
            stream.send(peer.data_to_send())
            for start in range(0, len(body), 7000):
                peer.send_data(number, body[start:start + 7000], end_stream=start + 7000 >= len(body))
                stream.send(peer.data_to_send())
            head, text, over = {}, b"", False
            while not over:
                for event in peer.receive_data(stream.some()):
                    if isinstance(event, h2.events.ResponseReceived):
                        head = {name.decode() if isinstance(name, bytes) else name: value.decode() if isinstance(value, bytes) else value
                                for name, value in event.headers}
                    elif isinstance(event, h2.events.DataReceived):
                        text += event.data
                        peer.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        over = True
                stream.send(peer.data_to_send())
            return head, text

        head, text = ask("/contact", b"a=" + b"b" * 20000, None)
        assert head[":status"] == "503"
        page = type("Page", (), {"text": text.decode()})
        action, form = sealed_form(page)
        time.sleep(int(told(page)["wait"]))
        head, text = ask(action, urlencode(form).encode(), head["set-cookie"].partition(";")[0])
        assert head[":status"] == "200"
    assert [each.body for each in posts(origin)] == [b"a=" + b"b" * 20000]
