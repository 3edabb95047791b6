"""The requests, the same bytes in every run."""
import json
import random
import urllib.parse

from proxy.workshop import BROWSER

WORDS = ("the council has decided that road works on the market square start after the holidays and last six weeks "
         "residents may park behind the school please ask at the town hall for a card").split()
BOUNDARY = "----bouclier7d1f0c5e9a2b"
FORM_BYTES, JSON_BYTES, UPLOAD_BYTES = 2048, 8192, 1 << 20
FIELDS = ("name", "street", "town", "subject", "message", "remarks", "reference", "neighbours")
BROWSER_FIELDS = BROWSER.split("\r\n", 1)[1].rsplit("\r\n\r\n", 1)[0]


def _request(method, target, content_type=None, body=b""):
    head = f"{method} {target} HTTP/1.1\r\n{BROWSER_FIELDS}\r\n"
    if content_type:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def _sentence(draws, size):
    text = ""
    while len(text) < size:
        text += draws.choice(WORDS) + " "
    return text[:size].strip()


def _form(draws, names=FIELDS, size=FORM_BYTES // len(FIELDS) - 12):
    body = urllib.parse.urlencode({name: _sentence(draws, size) for name in names})
    return _request("POST", "/s/form", "application/x-www-form-urlencoded", body.encode())


def _json(draws):
    """480 leaves: 60 lines of 8."""
    lines = [{"nr": nr, "text": _sentence(draws, 34), "count": draws.randint(1, 9), "price": draws.randint(100, 9999) / 100,
              "tags": [draws.choice(WORDS) for _ in range(3)], "open": nr % 2 == 0} for nr in range(60)]
    body = json.dumps({"lines": lines}).encode()
    return _request("POST", "/s/api", "application/json", body)


def _upload(draws, size=UPLOAD_BYTES):
    def part(fields, content):
        return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {fields}\r\n\r\n".encode() + content + b"\r\n"

    body = part('name="title"', b"holiday")
    body += part('name="photo"; filename="photo.jpg"\r\nContent-Type: image/jpeg', draws.randbytes(size))
    body += f"--{BOUNDARY}--\r\n".encode()
    return _request("POST", "/s/upload", f"multipart/form-data; boundary={BOUNDARY}", body)


def all_requests():
    draws = random.Random(1)
    attack = urllib.parse.quote_plus("1' UNION SELECT name, password FROM users -- ")
    return {"get": BROWSER.encode(), "form": _form(draws), "json": _json(draws), "upload": _upload(draws),
            "form8k": _form(draws, size=1024), "form_long": _form(draws, size=8 * 1024),
            "form_many": _form(draws, names=[f"field{number}" for number in range(8 * len(FIELDS))], size=1024),
            "upload64k": _upload(draws, UPLOAD_BYTES // 16), "upload16m": _upload(draws, UPLOAD_BYTES * 16),
            "attack": _request("GET", f"/s/search?q={attack}&page=2")}
