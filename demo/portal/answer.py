"""An answer before it is sent, and what HTTP lets a client ask of it: compressed, only if changed, only a part."""
import dataclasses
import gzip
import re

GZIP_FROM_BYTES = 600


@dataclasses.dataclass
class Answer:
    """BODY is bytes, or an iterator of bytes (LENGTH when it is known, else it goes out in chunks). FRESH_S is how long
    a shared cache may keep a page; 0 is not at all.
    """
    status: int
    body: object = b""
    kind: str = "text/plain; charset=utf-8"
    headers: list = dataclasses.field(default_factory=list)
    length: int = None
    fresh_s: int = 0


def redirect(to, status=302, headers=()):
    return Answer(status, b"", headers=[("Location", to), *headers])


def takes_gzip(accept):
    """Whether an Accept-Encoding header names gzip (or *) with a weight above zero."""
    weights = {}
    for item in accept[:1000].lower().split(","):
        name, _, parameter = item.strip().partition(";")
        weights[name.strip()] = not re.fullmatch(r"\s*q=0(\.0{0,3})?\s*", parameter)
    return weights.get("gzip", weights.get("*", False))


def compressed(answer, accept):
    """ANSWER, as gzip when that is wanted and pays."""
    text = answer.kind.startswith("text/") or "svg" in answer.kind or "json" in answer.kind
    if not text or not isinstance(answer.body, bytes) or len(answer.body) < GZIP_FROM_BYTES:
        return answer
    answer.headers.append(("Vary", "Accept-Encoding"))
    if takes_gzip(accept):
        answer.headers.append(("Content-Encoding", "gzip"))
        answer.body = gzip.compress(answer.body, 5, mtime=0)
    return answer


def tag_matches(header, tag):
    return header.strip() == "*" or tag in [item.strip().removeprefix("W/") for item in header[:2000].split(",")]


def byte_range(header, size):
    """(first, last) of a single range, None when there is none to honour, or False when it cannot be satisfied."""
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", header.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        last = int(found[2])
        return (max(size - last, 0), size - 1) if last and size else False
    first, last = int(found[1]), int(found[2] or size - 1)
    if found[2] and int(found[2]) < first:
        return None
    return (first, min(last, size - 1)) if first < size else False


def file_answer(content, kind, tag, headers, cacheable):
    """A static file: 304 when the client has it, 206 for a part of it, gzip for the whole."""
    wants_gzip = takes_gzip(headers.get("Accept-Encoding", "")) and "Range" not in headers
    own_tag = f'"{tag}-gz"' if wants_gzip else f'"{tag}"'
    common = [("ETag", own_tag), ("Cache-Control", cacheable), ("Accept-Ranges", "bytes")]
    if tag_matches(headers.get("If-None-Match", ""), own_tag):
        return Answer(304, b"", kind, [*common, ("Vary", "Accept-Encoding")])
    part = None
    if "Range" in headers and headers.get("If-Range", own_tag) == own_tag:
        part = byte_range(headers["Range"], len(content))
    if part is False:
        return Answer(416, b"", kind, [("Content-Range", f"bytes */{len(content)}")])
    if part:
        first, last = part
        where = ("Content-Range", f"bytes {first}-{last}/{len(content)}")
        return Answer(206, content[first:last + 1], kind, [*common, where, ("Vary", "Accept-Encoding")])
    return compressed(Answer(200, content, kind, common), "gzip" if wants_gzip else "")
