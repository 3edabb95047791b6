"""Request bodies: read in pieces, never kept whole; every shape has its limit."""
import re
import urllib.parse

PIECE_BYTES = 64 * 1024
FORM_BYTES = 64 * 1024
FORM_FIELDS = 20
PART_HEAD_BYTES = 8 * 1024
PARTS = 20


class Refusal(Exception):
    """The request is refused with STATUS; the page says so in the citizen's language."""

    def __init__(self, status, close=False):
        super().__init__(status)
        self.status = status
        self.close = close


class Body:
    """One request's body, by Content-Length or in chunks. read() gives at most PIECE_BYTES, b"" at the end."""

    def __init__(self, stream, headers, limit):
        self.stream, self.limit, self.seen = stream, limit, 0
        coding = headers.get("Transfer-Encoding", "").strip().lower()
        length = headers.get("Content-Length")
        if coding and (coding != "chunked" or length is not None):
            raise Refusal(400, close=True)
        if length is not None and not re.fullmatch(r"\d{1,15}", length):
            raise Refusal(400, close=True)
        self.chunked = bool(coding)
        self.left = 0 if self.chunked else int(length or 0)
        self.ended = not self.chunked and self.left == 0
        if self.left > limit:
            raise Refusal(413, close=True)

    def read(self):
        if self.ended:
            return b""
        if self.chunked and self.left == 0 and not self._next_chunk():
            return b""
        piece = self.stream.read1(min(self.left, PIECE_BYTES))
        if not piece:
            raise Refusal(400, close=True)
        self.left -= len(piece)
        self.seen += len(piece)
        if self.left == 0:
            if self.chunked:
                self._line_end()
            else:
                self.ended = True
        return piece

    def _next_chunk(self):
        size = self.stream.readline(1024).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,12}", size):
            raise Refusal(400, close=True)
        self.left = int(size, 16)
        if self.seen + self.left > self.limit:
            raise Refusal(413, close=True)
        if self.left:
            return True
        for _ in range(100):
            if self.stream.readline(8192) in (b"\r\n", b"\n", b""):
                break
        self.ended = True
        return False

    def _line_end(self):
        if self.stream.readline(3).strip():
            raise Refusal(400, close=True)

    def whole(self, limit):
        """All of it, when that is at most LIMIT bytes."""
        kept = bytearray()
        while piece := self.read():
            kept += piece
            if len(kept) > limit:
                raise Refusal(413, close=True)
        return bytes(kept)


def form(body):
    """An urlencoded form as {name: first value}."""
    text = body.whole(FORM_BYTES).decode("utf-8", "replace")
    return query(text)


def query(text):
    try:
        pairs = urllib.parse.parse_qsl(text[:FORM_BYTES], keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        raise Refusal(400) from None
    fields = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def boundary_of(content_type):
    found = re.search(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))', content_type[:1000])
    if not found:
        raise Refusal(400)
    return (found[1] or found[2]).encode("latin-1", "replace")


class Multipart:
    """A multipart/form-data body as a walk: parts() yields (name, file name, pieces), and every piece is handed on as
    it arrives, so that ten gigabytes cost one buffer.
    """

    def __init__(self, body, boundary):
        self.body = body
        self.mark = b"\r\n--" + boundary
        self.held = bytearray(b"\r\n")
        self.in_part = False

    def _more(self):
        piece = self.body.read()
        if not piece:
            raise Refusal(400)
        self.held += piece

    def _pieces(self):
        """What stands before the next mark; the mark itself is taken away."""
        self.in_part = True
        while True:
            at = self.held.find(self.mark)
            sure = at if at >= 0 else len(self.held) - len(self.mark) + 1
            if sure > 0:
                yield bytes(self.held[:sure])
                del self.held[:sure]
            if at >= 0:
                del self.held[:len(self.mark)]
                self.in_part = False
                return
            self._more()

    def _part_head(self):
        """The head of the part that follows a mark, or None behind the last one."""
        while len(self.held) < 2:
            self._more()
        if self.held[:2] == b"--":
            return None
        while (end := self.held.find(b"\r\n\r\n")) < 0:
            if len(self.held) > PART_HEAD_BYTES:
                raise Refusal(400, close=True)
            self._more()
        head = bytes(self.held[:end]).decode("utf-8", "replace")
        del self.held[:end + 4]
        return head

    def parts(self):
        for _ in self._pieces():
            pass
        for _ in range(PARTS):
            head = self._part_head()
            if head is None:
                while self.body.read():
                    pass
                return
            name = re.search(r'(?i)[; ]name="([^"]{0,200})"', head)
            file = re.search(r'(?i)[; ]filename="([^"]{0,1000})"', head)
            pieces = self._pieces()
            yield name[1] if name else "", file[1][-200:] if file else None, pieces
            for _ in pieces:
                pass
        raise Refusal(413, close=True)
