"""Many administrations behind one shield: nobody's mistake is another's, and nobody is shown another's certificate."""
import json
import socket
import ssl

import pytest

from lab import HOST, Origin, Shield, der, exchange, get, make_certificate, response, shown, trusting, wait_until

TENANTS = 60


class House:
    """COUNT tenants, each with a folder of files, of certificates, and a site whose origin tells its name and version."""

    def __init__(self, shield, origin, count, certificates=3):
        self.shield, self.origin, self.count = shield, origin, count
        self.names = [f"t{number:02}" for number in range(count)]
        settings = shield.settings
        settings["include"] = "sites.d/*/*.yaml"
        settings["tenants"] = [{"name": name, "files": f"sites.d/{name}", "hosts": [f"*.{name}.example"],
                                "certificates": str(shield.folder / "tls" / name), "origins": ["127.0.0.0/8"]} for name in self.names]
        for number, name in enumerate(self.names):
            (shield.folder / "sites.d" / name).mkdir(parents=True)
            (shield.folder / "tls" / name).mkdir(parents=True)
            if number < certificates:  # keys take time
                make_certificate(self.pem(name), f"www.{name}.example")
            self.say(name, 1)
        shield.write(settings)

    def pem(self, name):
        return self.shield.folder / "tls" / name / "site.pem"

    def folder(self, name):
        return self.shield.folder / "sites.d" / name

    def write(self, name, text):
        self.folder(name).joinpath("site.yaml").write_text(text)

    def say(self, name, version, **keys):
        site = {"name": f"www.{name}.example", "origins": [self.origin.url],
                "headers": {"request": {"set": {"X-Version": f"{name}-{version}"}}}, **keys}
        if self.pem(name).exists():
            site["certificate"] = str(self.pem(name))
        self.write(name, json.dumps({"sites": [site]}))

    def version(self, name):
        answer = get(self.shield.plain, host=f"www.{name}.example")
        return answer.text if answer.status == 200 else str(answer.status)


@pytest.fixture
def teller():
    with Origin(lambda request: response(request.get("x-version", "none").encode()), record=False) as one:
        yield one


def test_one_broken_and_59_changed(teller):
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, TENANTS)
        shield.start()
        assert [house.version(name) for name in house.names] == [f"{name}-1" for name in house.names]
        for name in house.names:
            house.say(name, 2)
        house.write("t17", 'sites: [{ name: www.t17.example, orgins: ["http://127.0.0.1:1"] }]\n')
        worked, text = shield.reload()
        assert worked, text
        assert [house.version(name) for name in house.names] == [f"{name}-{1 if name == 't17' else 2}" for name in house.names]
        problems = shield.status()["tenant_problems"]
        assert len(problems) == 1 and "t17" in json.dumps(problems)
        assert 'tenant t17: unknown key "orgins"' in shield.said() and "did you mean origins?" in shield.said()
        # It stays broken, others change again; then it is mended.
        for name in house.names:
            name == "t17" or house.say(name, 3)
        assert shield.reload()[0]
        assert house.version("t17") == "t17-1" and house.version("t18") == "t18-3"
        house.say("t17", 4)
        assert shield.reload()[0]
        assert house.version("t17") == "t17-4" and not shield.status()["tenant_problems"]


def test_broken_tenant_at_the_start(teller):
    """There is no last good version of it: its sites are left out, everybody else is served."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 3)
        house.write("t01", "sites: [\n")
        shield.start()
        assert house.version("t00") == "t00-1" and house.version("t02") == "t02-1" and house.version("t01") == "421"
        assert "tenant t01" in shield.said()


def test_certificate_of_a_tenant_breaks(teller):
    """A key that a tenant loses is that tenant's affair: the others' changes serve, its old certificate stays."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 3)
        shield.start()
        before = shown(shield.tls, "www.t01.example")
        for break_it in (lambda: house.pem("t01").write_text("junk"), lambda: house.pem("t01").unlink()):
            break_it()
            house.say("t00", 2)
            worked, text = shield.reload()
            assert worked, text
            assert house.version("t00") == "t00-2"
            assert shown(shield.tls, "www.t01.example") == before
            house.say("t00", 1)
        assert "t01" in json.dumps(shield.status()["tenant_problems"]) + shield.said()


def test_grants(teller):
    """A tenant's file reaches for what is another's: refused, and nothing of it serves."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        shield.start()
        for keys, words in (({"hosts": ["www.t01.example"]}, "not granted"), ({"hosts": [HOST]}, "not granted"),
                            ({"certificate": str(house.pem("t01"))}, "not in a folder granted"),
                            ({"certificate": str(house.pem("t00").parent / "../t01/site.pem")}, "not in a folder granted"),
                            ({"origins": ["http://10.0.0.1"]}, "not within the networks granted"),
                            ({"tenant": "t01"}, "belongs to tenant t00")):
            house.say("t00", 9, **keys)
            if "certificate" in keys:
                text = json.loads((shield.folder / "sites.d/t00/site.yaml").read_text())
                text["sites"][0].update(keys)
                house.write("t00", json.dumps(text))
            assert shield.reload()[0]
            assert words in json.dumps(shield.status()["tenant_problems"]), (keys, shield.status()["tenant_problems"])
            assert house.version("t00") == "t00-1" and house.version("t01") == "t01-1"


def origin_is_the_shield(house):
    house.say("t00", 2, origins=[f"http://127.0.0.1:{house.shield.plain}"])


def a_million_values(house):
    house.write("t00", "sites: [" + "[]," * 1_000_000 + "]")


def values_in_many_files(house):
    for number in range(16):
        house.folder("t00").joinpath(f"f{number}.yaml").write_text("sites: [" + "[]," * 9000 + "]")


def a_large_file(house):
    house.write("t00", "# " + "x" * 600_000)


def large_files(house):
    for number in range(20):
        house.folder("t00").joinpath(f"f{number}.yaml").write_text("# " + "x" * 400_000)


def many_files(house):
    for number in range(5000):
        house.folder("t00").joinpath(f"f{number}.yaml").write_text("sites: []\n")


def nobody_may_list(house):
    house.folder("t00").chmod(0)


def certificates_without_end(house):
    pem, sites = house.pem("t00").read_bytes(), []
    for number in range(80):
        path = house.pem("t00").with_name(f"{number}.pem")
        path.write_bytes(pem + b"#" * 900_000)
        sites.append({"name": f"s{number}.t00.example", "certificate": str(path), "origins": [house.origin.url]})
    house.write("t00", json.dumps({"sites": sites}))


@pytest.mark.parametrize("greed", [origin_is_the_shield, a_million_values, values_in_many_files, a_large_file, large_files, many_files,
                                   nobody_may_list, certificates_without_end])
def test_greedy_tenant(teller, greed):
    """Whatever one tenant puts in its folders, the others' changes serve, and nobody's sites are lost."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 3)
        shield.start()
        greed(house)
        house.say("t01", 2)
        worked, text = shield.reload()
        house.folder("t00").chmod(0o755)
        assert worked, text
        problems = shield.status()["tenant_problems"]
        assert {problem["tenant"] for problem in problems} == {"t00"}, problems
        assert [house.version(name) for name in house.names[1:]] == ["t01-2", "t02-1"]
        assert greed is certificates_without_end or house.version("t00") == "t00-1"


def test_symbolic_link_to_anothers_key(teller):
    """The path is granted, what it leads to is not."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        shield.start()
        before = shown(shield.tls, "www.t00.example")
        house.pem("t00").unlink()
        house.pem("t00").symlink_to(house.pem("t01"))
        house.say("t00", 2)
        shield.reload()
        assert shown(shield.tls, "www.t00.example") == before != shown(shield.tls, "www.t01.example")


def test_never_anothers_certificate(teller):
    """Unknown names are shown nothing; a Host of another site than the SNI's is misdirected, over HTTP/1.1 and HTTP/2."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        shield.start()
        for name in ("t00", "t01"):
            assert shown(shield.tls, f"www.{name}.example") == der(house.pem(name))
        assert shown(shield.tls) == der(shield.certificate)
        for stranger in ("nobody.example", "t00.example", "www.t02.example", "xwww.t00.example", "www.t00.example.evil.example"):
            assert shown(shield.tls, stranger) is None, stranger
        request = "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
        for sni, host, status in (("www.t00.example", "www.t00.example", b"200"), ("www.t00.example", "www.t01.example", b"421"),
                                  ("www.t00.example", HOST, b"421"), (HOST, "www.t00.example", b"421"),
                                  ("www.t00.example", "nobody.example", b"421"), ("www.t00.example", "WWW.T00.Example", b"200"),
                                  ("www.t00.example", f"www.t00.example:{shield.tls}", b"200")):
            answer = exchange(shield.tls, request.format(host).encode(), host=sni)
            assert answer.split(b" ")[1] == status, (sni, host, answer[:100])
        line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 421 and line.get("url.domain") == "www.t01.example")
        assert "misdirected" in json.dumps(line)


def test_dead_portal_of_one_tenant(teller):
    """Every node stands in front of it: a balancer that asks them must not take all of them away."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        shield.start()
        house.say("t00", 2, origins=["http://127.0.0.1:1"])
        assert shield.reload()[0]

        def says_so():
            house.version("t00")
            return "site www.t00.example: every origin is down" in shield.ask("/readyz").text
        wait_until(says_so, 10)
        assert shield.ask("/readyz").status == 200 and house.version("t01") == "t01-1"


def test_without_sni(teller):
    """A client that names nobody and whose address is nobody's host is shown no certificate at all."""
    with Shield(teller, start=False, site={"hosts": [HOST]}) as shield:
        House(shield, teller, 2)
        shield.start()
        with socket.create_connection(("127.0.0.1", shield.tls), timeout=5) as raw, pytest.raises(ssl.SSLError):
            trusting().wrap_socket(raw)
