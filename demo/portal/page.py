"""Templates and words: a page is a template, filled with one language's words and the request's own values.

The template language is the useful corner of Mustache: {{ name }} is escaped, {{& name }} is not (for pages already
rendered), {{# name }}...{{/ name }} repeats for a list and shows for a truth. Templates are parsed once, at start.
"""
import html
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("nl", "fr", "de", "en")
TAG = re.compile(r"\{\{\s*([#/&]?)\s*([\w.]+)\s*\}\}")


def parse(text):
    """The template as nested lists of (kind, name or text, children)."""
    root = []
    stack, at = [root], 0
    for found in TAG.finditer(text):
        stack[-1].append(("text", text[at:found.start()], None))
        at = found.end()
        mark, name = found.groups()
        if mark == "#":
            children = []
            stack[-1].append(("section", name, children))
            stack.append(children)
        elif mark == "/":
            stack.pop()
        else:
            stack[-1].append(("raw" if mark else "value", name, None))
    stack[-1].append(("text", text[at:], None))
    assert len(stack) == 1, "a section of a template is not closed"
    return root


def look_up(name, scopes):
    """The value of a dotted NAME in the innermost scope that has its first word; "this" is the repeated value."""
    first, *rest = name.split(".")
    for scope in reversed(scopes):
        if isinstance(scope, dict) and first in scope:
            value = scope[first]
            break
        if first == "this" and not isinstance(scope, dict):
            value = scope
            break
    else:
        return ""
    for word in rest:
        value = value[word]
    return value


def fill(nodes, scopes, out):
    for kind, name, children in nodes:
        if kind == "text":
            out.append(name)
            continue
        value = look_up(name, scopes)
        if kind == "raw":
            out.append(value)
        elif kind == "value":
            out.append(html.escape(str(value)))
        elif isinstance(value, list):
            for item in value:
                fill(children, scopes + [item], out)
        elif value:
            fill(children, scopes, out)


TEMPLATES = {path.stem: parse(path.read_text(encoding="utf-8")) for path in sorted((HERE / "templates").glob("*.html"))}
WORDS = {code: json.loads((HERE / "content" / f"{code}.json").read_text(encoding="utf-8")) for code in LANGUAGES}
for words in WORDS.values():
    for article in words["articles"]:
        year, month, day = article["date"].split("-")
        dot = "." if words["code"] == "de" else ""
        article["day"] = f"{int(day)}{dot} {words['months'][int(month) - 1]} {year}"


def render(name, scope):
    out = []
    fill(TEMPLATES[name], [scope], out)
    return "".join(out)


def page(name, language, here, title, user=None, **values):
    """A whole page as bytes. HERE is the path without its language ("/news"), for the menu and the language links."""
    words = WORDS[language]
    account = words["nav"]["account" if user else "login"]
    places = [("/", words["nav"]["home"]), ("/news", words["nav"]["news"]), ("/contact", words["nav"]["contact"]),
              ("/upload", words["nav"]["upload"]), ("/login", account)]
    scope = {
        "t": words, "base": f"/{language}", "here": here, "title": title, "user": user or "",
        "languages": [{"code": code, "name": WORDS[code]["name"], "current": code == language} for code in LANGUAGES],
        "menu": [{"path": path, "text": text, "current": here == path or (path != "/" and here.startswith(path + "/"))}
                 for path, text in places],
        **values,
    }
    scope["content"] = render(name, scope)
    return render("layout", scope).encode()


def negotiate(accept):
    """The first of our languages that an Accept-Language header prefers; Dutch when it names none of them."""
    wishes = []
    for order, item in enumerate(accept[:1000].split(",")[:30]):
        tag, _, parameters = item.strip().partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
        quality = float(weight[1]) if weight else (0.0 if parameters else 1.0)
        code = tag.strip().lower().split("-")[0]
        if quality > 0 and (code in LANGUAGES):
            wishes.append((-quality, order, code))
    return min(wishes)[2] if wishes else LANGUAGES[0]
