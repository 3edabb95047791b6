"""Certificates, keys and authorities that change under a running shield: on both sides of it, with a reload and without."""
import os

import pytest

from lab import HOST, Origin, Shield, der, get, make_certificate, server_context, shown, wait_until

NAME = "portal.example"


# -- what citizens are shown: noticed without a reload --

def rename(path, content):
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def in_place(path, content):
    """The same file, the same inode, as `cat new >file` does it."""
    before = path.stat().st_ino
    path.write_bytes(content)
    assert path.stat().st_ino == before


def behind_a_link(path, content):
    """As certbot does it: the name is a link, and the link is moved."""
    target = path.with_name(f"site-{os.urandom(4).hex()}.pem")
    target.write_bytes(content)
    link = path.with_suffix(".link")
    link.symlink_to(target.name)
    os.replace(link, path)


@pytest.mark.parametrize("replace", [rename, in_place, behind_a_link])
def test_a_site_s_certificate_is_noticed(origin, replace):
    with Shield(origin) as shield:
        for _ in range(2):
            fresh = make_certificate(shield.folder / "fresh.pem", HOST, "localhost")
            assert shown(shield.tls) != der(fresh)
            replace(shield.certificate, fresh.read_bytes())
            wait_until(lambda: shown(shield.tls) == der(fresh), 12, "the new certificate is shown")
        assert shield.status()["reload_failures"] == 0 and "a certificate or key changed on disk" in shield.said()


def half(pem):
    return pem[:len(pem) // 2]


def without_its_key(pem):
    return pem[:pem.index(b"-----BEGIN PRIVATE KEY-----")]


@pytest.mark.parametrize("broken", [half, without_its_key, lambda pem: b"", lambda pem: b"\xff" * 3000, "another key", "gone"],
                         ids=["half", "without its key", "empty", "garbage", "another key", "gone"])
def test_a_broken_one_changes_nothing_and_is_said(origin, broken):
    """Every way a file looks between two moments of being written. When it is whole, it is served."""
    with Shield(origin) as shield:
        first, fresh = shown(shield.tls), make_certificate(shield.folder / "fresh.pem", HOST, "localhost")
        whole = fresh.read_bytes()
        if broken == "gone":
            shield.certificate.unlink()
        elif broken == "another key":
            other = make_certificate(shield.folder / "other.pem", HOST).read_bytes()
            in_place(shield.certificate, without_its_key(whole) + other[other.index(b"-----BEGIN PRIVATE KEY-----"):])
        else:
            in_place(shield.certificate, broken(whole))
        wait_until(lambda: shield.status()["reload_failures"] > 0, 12, "it is noticed")
        assert shown(shield.tls) == first and get(shield.tls, tls=True).status == 200
        said = shield.said()
        assert str(shield.certificate) in said and "reload failed; the running configuration stays" in said
        rename(shield.certificate, whole)
        wait_until(lambda: shown(shield.tls) == der(fresh), 12, "the whole one is shown")


# -- what origins show, and are shown --

def use_tls_origin(shield, origin, **keys):
    shield.site()["origins"] = [{"url": origin.url, "sni": NAME, **keys}]
    shield.write(shield.settings)


def test_renewed_authority_of_an_origin(origin, tmp_path):
    """Under the same name. The connections of before are not kept for the requests of after."""
    first, second = (make_certificate(tmp_path / f"{name}.pem", NAME) for name in ("first", "second"))
    with Origin(context=server_context(first)) as behind, Shield(origin, start=False) as shield:
        ca = shield.folder / "ca.pem"
        ca.write_bytes(without_its_key(first.read_bytes()))
        use_tls_origin(shield, behind, ca=str(ca))
        shield.start()
        assert get(shield.plain).status == 200
        # The origin's certificate is renewed under another authority, and its connections end.
        behind.context = server_context(second)
        for each in behind.open:
            each.sock.shutdown(2)
        assert wait_until(lambda: get(shield.plain).status == 502, 5, "nobody trusts it") and shield.reload()[0]
        assert get(shield.plain).status == 502
        ca.write_bytes(without_its_key(second.read_bytes()))
        assert shield.reload()[0]
        assert [get(shield.plain).status for _ in range(6)] == [200] * 6
        # And back: what was trusted once is not trusted for ever, not even over a connection that is kept.
        ca.write_bytes(without_its_key(first.read_bytes()))
        assert shield.reload()[0]
        assert [get(shield.plain).status for _ in range(6)] == [502] * 6


def test_renewed_certificate_of_ours_for_an_origin(origin, tmp_path):
    own = make_certificate(tmp_path / "origin.pem", NAME)
    ours = [make_certificate(tmp_path / f"client{i}.pem", f"shield{i}.example") for i in range(2)]
    both = tmp_path / "clients.pem"
    both.write_bytes(b"".join(without_its_key(one.read_bytes()) for one in ours))
    with Origin(context=server_context(own, both)) as behind, Shield(origin, start=False, workers=1) as shield:
        ca, shown = shield.folder / "ca.pem", shield.folder / "own.pem"
        ca.write_bytes(without_its_key(own.read_bytes()))
        shown.write_bytes(ours[0].read_bytes())
        use_tls_origin(shield, behind, ca=str(ca), auth={"certificate": str(shown), "key": str(shown)})
        shield.start()
        assert [get(shield.plain).status for _ in range(6)] == [200] * 6
        assert set(behind.shown) == {der(ours[0])}
        shown.write_bytes(ours[1].read_bytes())
        assert shield.reload()[0]
        behind.shown.clear()
        assert [get(shield.plain).status for _ in range(6)] == [200] * 6
        assert set(behind.shown) == {der(ours[1])}
        # A reload that changes nothing keeps the connections.
        assert shield.reload()[0]
        before = behind.accepted
        assert [get(shield.plain).status for _ in range(6)] == [200] * 6
        assert behind.accepted == before


def test_a_citizen_s_origin_stays(tmp_path):
    """Two origins and a cookie: after a renewal the cookie leads to the same one."""
    certificate, renewed = (make_certificate(tmp_path / f"{name}.pem", NAME) for name in ("first", "second"))
    with Origin(context=server_context(certificate)) as one, Origin(context=server_context(certificate)) as two, Shield(one, start=False) as shield:
        ca = shield.folder / "ca.pem"
        ca.write_bytes(without_its_key(certificate.read_bytes()))
        shield.site().update(sticky_cookie="at", origins=[{"url": each.url, "sni": NAME, "ca": str(ca)} for each in (one, two)])
        shield.write(shield.settings)
        shield.start()
        cookies = {}
        for _ in range(4):
            one.requests.clear(), two.requests.clear()
            cookie = get(shield.plain).get("Set-Cookie").split(";")[0]
            cookies[cookie] = one if one.requests else two
        assert len(cookies) == 2
        ca.write_bytes(without_its_key(certificate.read_bytes()) + without_its_key(renewed.read_bytes()))
        assert shield.reload()[0]
        for _ in range(3):
            for cookie, behind in cookies.items():
                one.requests.clear(), two.requests.clear()
                assert get(shield.plain, Cookie=cookie).status == 200 and behind.requests
