"""The pages: one function each, from a request to an answer."""
import hashlib
import re
import secrets

import body
import page
import session
from answer import Answer, redirect
from body import Refusal

CONTACT = (("name", "text", 100, "name"), ("email", "email", 254, "email"), ("subject", "text", 150, "off"))
MESSAGE_CHARACTERS = 4000
FRESH_S = 30


def show(request, name, title, status=200, **values):
    text = page.page(name, request.language, request.here, title, user=request.user, **values)
    return Answer(status, text, "text/html; charset=utf-8")


def show_to_all(request, name, title, **values):
    """A page that is the same for everyone who is not logged in."""
    answer = show(request, name, title, **values)
    answer.fresh_s = 0 if request.user else FRESH_S
    return answer


def home(request):
    words = request.words
    return show_to_all(request, "home", words["town"], articles=words["articles"][:3])


def news(request):
    words = request.words
    return show_to_all(request, "news", words["news"]["title"], articles=words["articles"])


def article(request, slug):
    found = [item for item in request.words["articles"] if item["slug"] == slug]
    if not found:
        raise Refusal(404)
    return show_to_all(request, "article", found[0]["title"], article=found[0])


def search(request):
    words = request.words
    q = request.query.get("q", "").strip()[:100]
    asked = len(q) >= 2
    found = [item for item in words["articles"] if q.casefold() in text_of(item).casefold()] if asked else []
    return show(request, "search", words["search"]["title"], q=q, asked=asked, empty=not asked, count=len(found),
                none=asked and not found, articles=found)


def text_of(item):
    return " ".join([item["title"], item["summary"], *item["text"]])


def contact_errors(fields):
    email = re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,185}\.[^@\s.]{2,63}", fields.get("email", ""))
    wrong = {name: not 0 < len(fields.get(name, "").strip()) <= limit for name, _, limit, _ in CONTACT}
    wrong["email"] = email is None
    wrong["message"] = not 0 < len(fields.get("message", "").strip()) <= MESSAGE_CHARACTERS
    return wrong


def contact(request):
    words = request.words["contact"]
    fields = body.form(request.body) if request.method == "POST" else {}
    wrong = contact_errors(fields) if request.method == "POST" else {}
    if wrong and not any(wrong.values()):
        return show(request, "thanks", words["title"], reference=f"ALD-{secrets.token_hex(4).upper()}")
    error = {name: words["error"][name] for name, is_wrong in wrong.items() if is_wrong}
    inputs = [{"id": name, "type": kind, "limit": limit, "complete": complete, "label": words[name],
               "value": fields.get(name, ""), "error": error.get(name, "")} for name, kind, limit, complete in CONTACT]
    return show(request, "contact", words["title"], 422 if error else 200, fields=inputs,
                message=fields.get("message", ""), message_error=error.get("message", ""), failed=bool(error),
                errors=[{"field": name, "text": text} for name, text in error.items()])


def login(request):
    words = request.words["login"]
    if request.user:
        return show(request, "account", words["file"])
    failed = False
    if request.method == "POST":
        fields = body.form(request.body)
        token = session.log_in(fields.get("user", "")[:64], fields.get("password", "")[:128])
        if token:
            secure = "; Secure" if request.is_https else ""
            cookie = f"session={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={session.SESSION_SECONDS}{secure}"
            return redirect(f"/{request.language}/login", 303, [("Set-Cookie", cookie)])
        failed = True
    return show(request, "login", words["title"], 401 if failed else 200, failed=failed,
                demo_user=session.DEMO_USER, demo_password=session.DEMO_PASSWORD)


def logout(request):
    session.log_out(request.token)
    gone = [("Set-Cookie", "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")]
    return redirect(f"/{request.language}/", 303, gone)


def received(pieces, name):
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return {"name": name, "size": size, "digest": digest.hexdigest()}


def upload(request):
    words = request.words["upload"]
    if request.method == "GET":
        return show(request, "upload", words["title"])
    kind = request.headers.get("Content-Type", "")
    files = []
    if kind.lower().startswith("multipart/form-data"):
        for _, file, pieces in body.Multipart(request.body, body.boundary_of(kind)).parts():
            if file:
                files.append(received(pieces, file))
    else:
        files.append(received(iter(request.body.read, b""), request.here))
    if not files:
        return show(request, "upload", words["title"], 422, nothing=True)
    return show(request, "received", words["done"], files=files)
