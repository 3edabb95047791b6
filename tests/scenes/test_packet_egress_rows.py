"""Whom the configuration has the shield contact, key by key: each is in the list, with the key's name, and nobody else is. docs/processes.md has the same list in words."""
import json
import pathlib
import subprocess

import pytest

from test_ocsp import Authority
from test_packet_egress import BOUCLIER, MOVED, ORIGIN, OTHER, ground  # noqa: F401

RESOLVERS = "198.51.100.53", "2001:db8:7::35"
ALWAYS = {(f"{RESOLVERS[0]}/32:53/{protocol}", "/etc/resolv.conf: nameserver") for protocol in ("udp", "tcp")} | {
    (f"[{RESOLVERS[1]}/128]:53/{protocol}", "/etc/resolv.conf: nameserver") for protocol in ("udp", "tcp")}

# What is written, and the rows and ports that come of it. Each has one origin, ORIGIN:7002.
ROWS = [
    ("origins: a name", 'origins: ["http://portal.test:7002"]', {(f"{ORIGIN}/32:7002/tcp", "site www: origins: http://portal.test:7002")}),
    ("origins: default ports", 'origins: ["http://198.51.100.2", "https://198.51.100.3"]',
     {("198.51.100.2/32:80/tcp", "site www: origins: http://198.51.100.2:80"), ("198.51.100.3/32:443/tcp", "site www: origins: https://198.51.100.3:443")}),
    ("origins: IPv6", 'origins: ["http://[2001:db8:7::9]:7003"]', {("[2001:db8:7::9/128]:7003/tcp", "site www: origins: http://[2001:db8:7::9]:7003")}),
    ("origins: several addresses of one name", 'origins: ["http://two.test:7002"]',
     {(f"{MOVED}/32:7002/tcp", "site www: origins: http://two.test:7002"), ("[2001:db8:7::10/128]:7002/tcp", "site www: origins: http://two.test:7002")}),
    ("a route's origins", 'origins: ["http://portal.test:7002"], routes: [{ path: /a, origins: ["http://198.51.100.4:7004"] }]',
     {(f"{ORIGIN}/32:7002/tcp", "site www: origins: http://portal.test:7002"), ("198.51.100.4/32:7004/tcp", "site www: origins: http://198.51.100.4:7004")}),
    ("clamd", f'origins: ["http://{ORIGIN}:7002"], waf: {{ mode: detect, clamd: "198.51.100.5:3310" }}',
     {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002"), ("198.51.100.5/32:3310/tcp", "site www: waf: clamd")}),
    ("a route's clamd", f'origins: ["http://{ORIGIN}:7002"], routes: [{{ path: /a, waf: {{ clamd: "[2001:db8:7::5]:3311" }} }}]',
     {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002"), ("[2001:db8:7::5/128]:3311/tcp", "site www: waf: clamd")}),
    ("clamd beside it", f'origins: ["http://{ORIGIN}:7002"], waf: {{ clamd: "unix:/run/clamav/clamd.ctl" }}', {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002")}),
]


@pytest.fixture
def rows(ground):  # noqa: F811
    ground.hosts(f"{ORIGIN} portal.test\n{MOVED} two.test\n2001:db8:7::10 two.test\n{OTHER} ocsp.test")
    ground.write("resolv.conf", "search test\n" + "".join(f"nameserver {one}\n" for one in RESOLVERS))
    return ground


def listed(ground, site, top="", listen='[{ address: "0.0.0.0:8080", tls: false }]'):  # noqa: F811
    ground.config = ground.write("bouclier.yaml", f"""
management: [192.0.2.0/24]
listen: {listen}
packet: {{ egress: {{ cgroup: {ground.name} }} }}
{top}
sites:
  - {{ name: www, hosts: [www.test], {site} }}
""")
    answer = ground.ask("observe", "--dry-run")
    return {(one["destination"], one["key"]) for one in answer["allowed"]}, answer["answers"]


@pytest.mark.parametrize(("site", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_row(rows, site, expected):
    assert listed(rows, site)[0] == expected | ALWAYS


def test_defaults_are_rows_too(rows):
    found, _ = listed(rows, f'origins: ["http://{ORIGIN}:7002"]', 'defaults: { waf: { clamd: "198.51.100.5:3310" } }')
    assert ("198.51.100.5/32:3310/tcp", "site www: waf: clamd") in found


@pytest.mark.parametrize(("responder", "expected"), [("http://ocsp.test/", f"{OTHER}/32:80/tcp"), ("http://ocsp.test:8888/a/b", f"{OTHER}/32:8888/tcp"),
                                                     ("http://[2001:db8:7::66]:8889/", "[2001:db8:7::66/128]:8889/tcp"), ("http://[2001:db8:7::66]/", "[2001:db8:7::66/128]:80/tcp")])
def test_who_is_asked_about_certificates(rows, tmp_path, responder, expected):
    Authority(tmp_path).issue(tmp_path / "site.pem", responder)
    site = f'origins: ["http://{ORIGIN}:7002"], certificate: {{ chain: {tmp_path}/site.pem, ocsp: fetch }}'
    listen = '[{ address: "0.0.0.0:8443" }]'
    assert listed(rows, site, listen=listen)[0] - ALWAYS == {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002"), (expected, "site www: certificate: ocsp: fetch")}
    # Only where somebody asks for it.
    assert len(listed(rows, site.replace(", ocsp: fetch", ""), listen=listen)[0] - ALWAYS) == 1


@pytest.mark.parametrize(("alerts", "expected"), [
    ('mail: { server: "smtp://portal.test", from: a@b.example, to: c@d.example }', {(f"{ORIGIN}/32:587/tcp", "hub: alerts: mail mail: server")}),
    ('mail: [{ name: one, server: "smtps://198.51.100.9", from: a@b.example, to: c@d.example }]', {("198.51.100.9/32:465/tcp", "hub: alerts: mail one: server")}),
    ('webhooks: { url: "https://[2001:db8:7::9]/a", secret_file: /nowhere }', {("[2001:db8:7::9/128]:443/tcp", "hub: alerts: webhooks webhook: url")}),
    ('syslog: { address: "tls://two.test:7514" }', {(f"{MOVED}/32:7514/tcp", "hub: alerts: syslog syslog: address"), ("[2001:db8:7::10/128]:7514/tcp", "hub: alerts: syslog syslog: address")}),
])
def test_whom_alerts_go_to(rows, alerts, expected):
    site = f'origins: ["http://{ORIGIN}:7002"]'
    origin = {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002")}
    assert listed(rows, site, f"hub: {{ alerts: {{ {alerts} }} }}")[0] - ALWAYS - origin == expected
    assert listed(rows, site, f"hub: {{ enabled: false, alerts: {{ {alerts} }} }}")[0] - ALWAYS == origin


@pytest.mark.parametrize(("oidc", "expected"), [
    ("issuer: https://portal.test/realms/staff, client_id: hub", f"{ORIGIN}/32:443/tcp"),
    ("issuer: 'https://[2001:db8:7::9]:8443', client_id: hub", "[2001:db8:7::9/128]:8443/tcp"),
])
def test_who_says_who_somebody_is(rows, oidc, expected):
    site = f'origins: ["http://{ORIGIN}:7002"]'
    origin = {(f"{ORIGIN}/32:7002/tcp", f"site www: origins: http://{ORIGIN}:7002")}
    assert listed(rows, site, f"hub: {{ oidc: {{ {oidc} }} }}")[0] - ALWAYS - origin == {(expected, "hub: oidc: issuer")}


def test_ports_of_ours(rows):
    _, ports = listed(rows, f'origins: ["http://{ORIGIN}:7002"]', 'admin: { metrics: "127.0.0.1:9101" }\nredirect_http: { addresses: ["0.0.0.0:8081"] }')
    assert ports == [8080, 8081, 9101]


def keys_of(node, path=()):
    """The keys of the schema that are an address, a URL or a host's name, by their pattern."""
    if isinstance(node, list):
        for one in node:
            yield from keys_of(one, path)
    elif isinstance(node, dict):
        pattern = node.get("pattern", "")
        if pattern.startswith(("^[Hh][Tt][Tt][Pp]", "^([0-9.]+|\\[")):
            yield ".".join(path)
        for name, one in node.items():
            if name in ("properties", "$defs"):
                for key, inner in one.items():
                    yield from keys_of(inner, (*path, key))
            else:
                yield from keys_of(one, path)


def test_no_key_was_forgotten():
    """Whoever adds a key that names a destination adds its row to egress_gather.c, a test above, and its name here; clamd is text, and is not found so, nor are the servers of alerts and the issuer of oidc."""
    schema = json.loads(subprocess.run([BOUCLIER, "dump", "--schema"], capture_output=True, check=True, text=True).stdout)
    contacted = {"site.origins", "site.origins.url", "route.origins", "route.origins.url", "hub.alerts.webhooks.url"}
    listened_at = {"listen", "listen.address", "redirect_http", "redirect_http.addresses", "admin.metrics", "hub.listen"}
    assert set(keys_of(schema)) == contacted | listened_at


def test_nobody_else_connects():
    """The calls by which a program speaks to somebody, in the rooms that run inside the control group: a new file here is a new destination, or says why not."""
    src = pathlib.Path(__file__).resolve().parents[2] / "src"
    rooms = [one for one in src.iterdir() if one.name not in ("cli", "packet")] + [src / "cli/edge"]
    found = {str(path.relative_to(src)) for room in rooms for path in room.rglob("*.c")
             if any(f"{call}(" in line and f"_{call}(" not in line for line in path.read_text().splitlines() for call in ("connect", "getaddrinfo", "getnameinfo", "OSSL_HTTP_transfer", "curl_easy_perform"))}
    assert found == {
        "origin/connection.c", "edge/rules/clamd.c", "process/resolve.c", "process/resolve_confirm.c", "process/fetch.c", "hub/alert/send/syslog_tls.c", "hub/alert/send/curl.c",  # origins, clamd, resolvers, responders, syslog servers; mail servers and webhooks
        "process/keeper_places.c", "base/local_socket.c"}  # unix sockets; and packet/control/ask.c, which the edge calls its controller with
