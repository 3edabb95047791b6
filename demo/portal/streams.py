"""Answers that take their time: slow, long, or without an end. What a shield must pass on without holding it."""
import time

from answer import Answer
from body import Refusal

SLOW_MS = 60_000
DOWNLOAD_BYTES = 64 * 1024 ** 3
EVENTS = 3600
BLOCK = bytes(range(256)) * 256


def number(request, name, default, most):
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) > most:
        raise Refusal(400)
    return int(text)


def slow(request):
    """/slow?ms=1500: waits, then answers."""
    wait_ms = number(request, "ms", 1000, SLOW_MS)
    time.sleep(wait_ms / 1000)
    return Answer(200, f"waited {wait_ms} ms\n".encode(), headers=[("Cache-Control", "no-store")])


def blocks(size):
    whole, rest = divmod(size, len(BLOCK))
    for _ in range(whole):
        yield BLOCK
    if rest:
        yield BLOCK[:rest]


def download(request):
    """/download?bytes=1048576: the bytes 0 to 255 over and over; &chunked=1 leaves the length unsaid."""
    size = number(request, "bytes", 1024 * 1024, DOWNLOAD_BYTES)
    length = None if request.query.get("chunked") == "1" else size
    headers = [("Cache-Control", "no-store"), ("Content-Disposition", 'attachment; filename="download.bin"')]
    return Answer(200, blocks(size), "application/octet-stream", headers, length)


def ticks(count, interval_ms):
    yield b"retry: 2000\n\n"
    for tick in range(1, count + 1):
        yield f"id: {tick}\nevent: tick\ndata: {time.strftime('%H:%M:%S', time.gmtime())}\n\n".encode()
        if tick < count:
            time.sleep(interval_ms / 1000)


def events(request):
    """/events?interval=1000&count=3600: Server-Sent Events, one a second."""
    count, interval_ms = number(request, "count", EVENTS, EVENTS), number(request, "interval", 1000, SLOW_MS)
    return Answer(200, ticks(count, interval_ms), "text/event-stream", [("Cache-Control", "no-store")])
