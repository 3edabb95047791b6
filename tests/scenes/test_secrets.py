"""Two hundred secrets, sent by every way that a request has, beside attacks and within them: none is found in anything that is kept or told."""
import json
import pathlib
import subprocess

import pytest

from lab import BINARY, HOST, Origin, Shield, request, response, wait_until

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
pytestmark = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")

# An administrator's own rules, which name what they saw wherever ModSecurity lets them.
OWN = r'''
Include /usr/share/modsecurity-crs/owasp-crs.load
SecAuditLogParts ABCEFHIJKZ
SecAuditLogType Concurrent
SecResponseBodyAccess On
SecRule ARGS|REQUEST_COOKIES|REQUEST_HEADERS|REQUEST_URI|ARGS_NAMES|XML:/* "@rx (?i)(zeer-?geheim[^&;]*)" \
    "id:1,phase:2,pass,capture,log,severity:CRITICAL,msg:'Saw %{MATCHED_VAR} (%{TX.1})',logdata:'%{MATCHED_VAR}',tag:'%{MATCHED_VAR}'"
SecRule REQUEST_URI|REQUEST_HEADERS "@rx (?i)zeer" "id:2,phase:1,pass,log,msg:'%{REQUEST_HEADERS.Authorization} %{QUERY_STRING}'"
'''
ATTACKS = ("", "' OR 1=1-- -", "<script>alert(1)</script>", "; cat /etc/passwd", "\" UNION SELECT password FROM users--")


def secret(number):
    """Marked, so that any part of it that means something is found: the mark is the number, and the number is in all of them alike."""
    kinds = (f"zeergeheim{number:04d}", f"Zeer-Geheim-{number:04d}-x", f"zeergeheim_{number:04d}Q", f"411111111111{number:04d}",
             f"BE68zeergeheim{number:04d}")
    return kinds[number % len(kinds)]


def mark(number):
    return f"{number:04d}"


def quoted(text):
    return "".join(c if c.isalnum() or c in "-_" else "%%%02X" % ord(c) for c in text)


def by_query(text):
    return request("/search?page=1&q=" + quoted(text))


def by_query_name(text):
    return request("/search?" + quoted(text))


def by_form(text):
    return request("/form", ("Content-Type", "application/x-www-form-urlencoded"), method="POST", body=("name=x&message=" + quoted(text)).encode())


def by_password(text):
    return request("/login", ("Content-Type", "application/x-www-form-urlencoded"), method="POST", body=("user=x&password=" + quoted(text)).encode())


def by_json(text):
    return request("/api", ("Content-Type", "application/json"), method="POST", body=json.dumps({"a": [{"text": text}], text: 1}).encode())


def by_xml(text):
    body = "<a><b>%s</b></a>" % text.replace("&", "&amp;").replace("<", "&lt;")
    return request("/api", ("Content-Type", "text/xml"), method="POST", body=body.encode())


def by_multipart(text):
    body = ('--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n%s\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="%s.php"\r\n'
            "\r\n%s\r\n--b--\r\n" % (text, text.replace('"', "'"), text))
    return request("/upload", ("Content-Type", "multipart/form-data; boundary=b"), method="POST", body=body.encode())


def by_cookie(text):
    return request("/", ("Cookie", "lang=nl; session=" + text.replace(";", ",") + "; " + text.split()[0].replace(";", ",")))


def by_authorization(text):
    return request("/", ("Authorization", "Bearer " + text))


def by_header(text):
    return request("/", ("X-Api-Key", text), ("X-Note", text), ("Referer", "https://a.example/?t=" + text.replace(" ", "+")))


def by_path_parameter(text):
    return request("/page;jsessionid=" + quoted(text) + "/x;v=" + quoted(text))


def by_base64(text):
    """In front of '=', where names stand; and in path parameters."""
    text = quoted(text).replace("%3D", "=")
    return request("/download;" + text + "==/x?" + text + "==")


def by_json_as_form(text):
    """What curl -d sends: the type is a form's, whatever the text is."""
    body = json.dumps({"user": "jan", "note": text + "=x"})
    return request("/api", ("Content-Type", "application/x-www-form-urlencoded"), method="POST", body=body.encode())


WAYS = (by_base64, by_json_as_form, by_query, by_query_name, by_form, by_password, by_json, by_xml, by_multipart, by_cookie, by_authorization, by_header, by_path_parameter)


@pytest.mark.parametrize("mode, audit_format", [("block", "Native"), ("detect", "JSON")])
def test_no_secret_is_kept(mode, audit_format):
    with Origin(lambda message: response(b"fine"), record=False) as origin:
        with Shield(origin, rules=OWN + "SecAuditLogFormat %s\n" % audit_format, waf={"mode": mode, "paranoia_level": 2, "audit_log": "all"},
                    log={"requests": "all", "client_ip": {"allowed": "truncated", "refused": "truncated"}}) as shield:
            refused = []
            for number in range(200):
                text = secret(number) + ATTACKS[number // 5 % len(ATTACKS)]
                if number % 3 == 0:
                    text = ATTACKS[number // 5 % len(ATTACKS)] + " " + secret(number)
                reply = shield.send(WAYS[number % len(WAYS)](text))
                refused.append((number, reply))
            wait_until(lambda: len(lines(shield)) >= 200)
            wait_until(lambda: shield.status()["audit_log"]["written"] == 200)
            looked_at = "\n".join(lines(shield))
            told = [json.loads(line) for line in lines(shield)]
            seen = {one["id"] for event in told for one in event.get("bouclier.rules", [])}
            assert {1, 2} <= seen and any(number > 940000 for number in seen), "the rules must have had something to tell"
            assert any("data" in one for event in told for one in event.get("bouclier.rules", []))
            audit = "".join(str(file) + file.read_text(errors="replace") for file in (shield.state / "audit").rglob("*") if file.is_file())
            assert all(word in audit for word in ("Access denied" if mode == "block" else "Warning.", "POST /form", "jsessionid=*", "own.conf"))
            everything = {"the journal": looked_at, "the audit log": audit, "standard error": shield.log.read_text(), "/status": json.dumps(shield.status()),
                          "refusals": "".join(reply.text for _, reply in refused if reply.status != 200),
                          "explain": "".join(explain(shield, reply) for _, reply in refused[::25])}
            for place, text in everything.items():
                for number in range(200):
                    found = [needle for needle in needles(number) if needle in text.lower()]
                    at = text.lower().find(found[0]) if found else 0
                    assert not found, (place, number, text[max(0, at - 300):at + 100])


def needles(number):
    """Whatever would give a secret away: its whole, and the part that makes it one."""
    return (secret(number).lower(), f"geheim{mark(number)}", f"geheim-{mark(number)}", f"geheim_{mark(number)}", f"111111{mark(number)}")


def lines(shield):
    folder = shield.state / "journal"
    return [line for file in sorted(folder.glob("detail-*.jsonl")) for line in file.read_text().splitlines() if "bouclier.request_id" in line]


def explain(shield, reply):
    words = [BINARY, "explain", "--config", shield.config, reply.get("x-request-id")]
    done = [subprocess.run([*words, "--output", kind], capture_output=True, timeout=60) for kind in ("human", "json")]
    assert all(one.returncode == 0 for one in done), done
    return "".join(one.stdout.decode() + one.stderr.decode() for one in done)
