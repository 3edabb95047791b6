"""Requests of ordinary people, from tests/corpus/LANGUAGE/*.yaml, as the bytes that a browser or an app would send.

A post has a kind, a path and one of: query (a GET), fields (a form), multipart and files (a form with files), json. A method may
be named where it is another. Everything there was written for this project; names, numbers and addresses are invented."""
import dataclasses
import json
import urllib.parse

import yaml

from lab.place import HOST, ROOT

CORPUS = ROOT / "tests" / "corpus"
BOUNDARY = "----WebKitFormBoundaryq7Tn2vLw0xYc9ZbK"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SHOWN = {"page": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "app": "application/json"}


@dataclasses.dataclass
class Post:
    language: str
    kind: str
    name: str    # file and place in it: "nl/letters.yaml 3"
    method: str
    target: str
    content_type: str
    body: bytes
    values: list  # (name, text) of everything a person wrote

    def request(self):
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {HOST}", f"User-Agent: {BROWSER}",
                 f"Accept: {SHOWN['app' if 'json' in self.content_type else 'page']}", f"Accept-Language: {self.language},en;q=0.5",
                 "Accept-Encoding: gzip, deflate, br", f"Referer: https://{HOST}/", "Cookie: session=3f9a17c2d4e84b6f; taal=" + self.language]
        if self.method != "GET":
            lines += [f"Origin: https://{HOST}", f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def _part(name, text, filename=None, kind=None):
    def quoted(value):
        return value.replace('"', "%22").replace("\n", "%0A")  # as browsers do (HTML, "multipart form data")
    head = f'Content-Disposition: form-data; name="{quoted(name)}"'
    if filename:
        head += f'; filename="{quoted(filename)}"\r\nContent-Type: {kind}'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n{text}\r\n"


def _body(post):
    """-> (content type, body)"""
    if "json" in post:
        return "application/json", json.dumps(post["json"], ensure_ascii=False)
    if "multipart" in post:
        parts = [_part(name, _browser_lines(text)) for name, text in post["multipart"].items()]
        parts += [_part(one["name"], one["text"], one["filename"], one["type"]) for one in post.get("files", ())]
        return f"multipart/form-data; boundary={BOUNDARY}", "".join(parts) + f"--{BOUNDARY}--\r\n"
    if "fields" in post:
        fields = {name: _browser_lines(text) for name, text in post["fields"].items()}
        return "application/x-www-form-urlencoded", urllib.parse.urlencode(fields)
    return "", ""


def _browser_lines(text):
    return text.replace("\n", "\r\n")


def _leaves(name, value):
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in _leaves(f"{name}.{key}", one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(name, one)]
    return [(name, str(value))]


def _post(language, name, post):
    target = post["path"] + ("?" + urllib.parse.urlencode(post["query"]) if "query" in post else "")
    content_type, body = _body(post)
    method = post.get("method", "GET" if not content_type else "POST")
    values = [*post.get("query", {}).items(), *post.get("fields", {}).items(), *post.get("multipart", {}).items()]
    values += _leaves("json", post["json"]) if "json" in post else []
    return Post(language, post["kind"], name, method, target, content_type, body.encode(), values)


def all_posts():
    posts = []
    for path in sorted(CORPUS.glob("*/*.yaml")):
        document = yaml.safe_load(path.read_text())
        for number, post in enumerate(document["posts"], 1):
            posts.append(_post(document["language"], f"{path.parent.name}/{path.name} {number}", post))
    return posts
