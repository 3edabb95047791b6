"""A hostile process in the control group: which ways out there are, which of them are shut, and which are not (docs/packet-egress.md says the same)."""
import os

import pytest

from test_packet_egress import LISTED, LISTED6, ORIGIN, OTHER, OTHER6, RESOLVER, ground, wait_for  # noqa: F401

# More that the actor can do: numbers as the kernel's headers have them.
HOSTILE = '''
import array, ctypes, mmap, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def fastopen(host, port):  # data and SYN in one call, without connect()
    s = socket.socket(family(host), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 2, 0))
    s.sendto(b"data", socket.MSG_FASTOPEN, (host, int(port)))
    wait(s)
def fastopen_later(host, port):  # connect() sends nothing, the first send() does
    s = socket.socket(family(host), socket.SOCK_STREAM)
    s.settimeout(2)
    s.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
    s.connect((host, int(port)))
    s.send(b"data")
    wait(s)
def mptcp(host, port):
    s = socket.socket(family(host), socket.SOCK_STREAM, 262)
    s.settimeout(2)
    s.connect((host, int(port)))
    wait(s)
def pktinfo(host, port):  # ancillary data that names a source and an interface
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    info = struct.pack("=I4s4s", 0, socket.inet_aton("127.0.0.1"), socket.inet_aton(host))
    s.sendmsg([b"question"], [(socket.IPPROTO_IP, 8, info)], 0, (host, int(port)))  # IP_PKTINFO
def batch(host, port):  # the first of two datagrams may go, the second may not
    class Message(ctypes.Structure):
        _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p),
                    ("controllen", ctypes.c_size_t), ("flags", ctypes.c_size_t), ("len", ctypes.c_size_t)]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    text = ctypes.create_string_buffer(b"question")
    iov = (ctypes.c_size_t * 2)(ctypes.addressof(text), 8)
    names = [ctypes.create_string_buffer(struct.pack("=H", 2) + struct.pack(">H", int(port)) + socket.inet_aton(one) + bytes(8), 16) for one in ("198.51.100.53", host)]
    both = (Message * 2)(*(Message(ctypes.addressof(one), 16, ctypes.addressof(iov), 1) for one in names))
    sent = libc.sendmmsg(s.fileno(), both, 2, 0)
    if sent != 2: raise OSError(errno.EPERM if sent == 1 else ctypes.get_errno(), "sent %d" % sent)
def routed(host, port, via):  # a source route, set when the socket is connected: the packet is addressed to VIA
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((host, int(port)))
    s.setsockopt(socket.IPPROTO_IP, 4, bytes([1, 131, 7, 4]) + socket.inet_aton(via))  # IP_OPTIONS: no-op, loose source route
    s.send(b"question")
def crafted(via, host):  # the same by a raw socket that writes its own header
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)
    head = struct.pack(">BBHHHBBH4s4s", 0x47, 0, 28 + 8, 1, 0, 64, 17, 0, bytes(4), socket.inet_aton(via))
    s.sendto(head + bytes([1, 131, 7, 4]) + socket.inet_aton(host) + bytes([0, 53, 0, 53, 0, 8, 0, 0]), (via, 0))
def headers6(host, port):  # destination options before the datagram
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.sendmsg([b"question"], [(socket.IPPROTO_IPV6, 59, bytes([0, 0, 1, 4, 0, 0, 0, 0]))], 0, (host, int(port)))  # IPV6_DSTOPTS
def fragment(host):  # a later fragment has no ports
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)
    s.sendto(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28, 1, 100, 64, 6, 0, bytes(4), socket.inet_aton(host)) + bytes(8), (host, 0))
def again(host, port, through, through_port):  # a connection that is allowed, let go, and the socket used once more
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(2)
    s.connect((through, int(through_port)))
    wait(s)
    address = struct.pack("=H14x", 0)
    libc.connect(s.fileno(), address, 16)  # AF_UNSPEC
    s.connect((host, int(port)))
    wait(s)
def uring(host, port):  # no system call named connect
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    params = ctypes.create_string_buffer(120)
    ring = libc.syscall(425, 4, params)
    if ring < 0: raise OSError(ctypes.get_errno(), "no io_uring")
    word = lambda at: struct.unpack_from("=I", params, at)[0]
    sq = mmap.mmap(ring, word(64) + word(0) * 4, offset=0)
    cq = mmap.mmap(ring, word(100) + word(4) * 16, offset=0x8000000)
    entries = mmap.mmap(ring, word(0) * 64, offset=0x10000000)
    address = ctypes.create_string_buffer(struct.pack("=H", 2) + struct.pack(">H", int(port)) + socket.inet_aton(host) + bytes(8), 16)
    entries[:64] = struct.pack("=BBHiQQIIQQQQ", 16, 0, 0, s.fileno(), 16, ctypes.addressof(address), 0, 0, 1, 0, 0, 0)  # IORING_OP_CONNECT
    struct.pack_into("=I", sq, word(64), 0)
    struct.pack_into("=I", sq, word(44), 1)  # the tail
    if libc.syscall(426, ring, 1, 1, 1, None, 0) != 1: raise OSError(ctypes.get_errno(), "not submitted")
    error = struct.unpack_from("=Qi", cq, word(100))[1]
    if error < 0: raise OSError(-error, "connect")
    s.settimeout(2)
    wait(s)
def link(host, port):  # below IP: needs CAP_NET_RAW
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0800)
    udp = struct.pack(">HHHH", 4000, int(port), 8 + 8, 0) + b"question"
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton("127.0.0.1"), socket.inet_aton(host))
    s.sendto(head + udp, ("lo", 0x0800, 0, 0, bytes(6)))
def leave(procs, host, port):  # a child that root moves elsewhere
    child = os.fork()
    if child == 0:
        try:
            open(procs, "w").write("0")
            tcp(host, port)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code: raise OSError(code, "child")
def given(path, host, port):  # a socket that somebody outside made
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    _, fds, _, _ = socket.recv_fds(s, 8, 1)
    one = socket.socket(fileno=fds[0])
    one.settimeout(2)
    one.connect((host, int(port)))
    wait(one)
'''
GIVE = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("ready", flush=True)
one = s.accept()[0]
given = socket.socket()
socket.send_fds(one, [b"x"], [given.fileno()])
one.recv(1)
"""

# Each with where it is allowed to go, and must be able to: an act that fails for another reason shuts nothing.
SHUT = [
    (("fastopen", LISTED, 7001), ("fastopen", OTHER, 7001)),
    (("fastopen", LISTED6, 7001), ("fastopen", OTHER6, 7001)),
    (("fastopen_later", LISTED, 7001), ("fastopen_later", OTHER, 7001)),
    (("mptcp", LISTED, 7001), ("mptcp", OTHER, 7001)),
    (("mapped", LISTED, 7001), ("mapped", OTHER, 7001)),
    (("pktinfo", RESOLVER, 53), ("pktinfo", OTHER, 53)),
    (("batch", RESOLVER, 53), ("batch", OTHER, 53)),
    (("connected", RESOLVER, 53), ("connected", OTHER, 53)),
    (("again", ORIGIN, 7002, LISTED, 7001), ("again", OTHER, 7001, LISTED, 7001)),
    (("uring", LISTED, 7001), ("uring", OTHER, 7001)),
    (("tcp", ORIGIN, 7002), ("fragment", ORIGIN)),
    (("udp", RESOLVER, 53), ("routed", OTHER, 53, RESOLVER)),
    (("udp", RESOLVER, 53), ("crafted", RESOLVER, OTHER)),
    (("tcp", LISTED6, 7001), ("headers6", LISTED6, 7001)),
]


@pytest.fixture
def hostile(ground):  # noqa: F811
    ground.actor = ground.new_actor(HOSTILE)
    return ground


@pytest.mark.parametrize("ways", SHUT, ids=[" ".join(str(word) for word in refused) for _, refused in SHUT])
def test_shut(hostile, ways):
    allowed, refused = ways
    assert hostile.act(*refused) == "ok", "the way is none: nothing is proved by its being shut"
    hostile.enforce()
    assert hostile.act(*allowed) == "ok"
    assert hostile.act(*refused) == "EPERM"


def test_what_leads_elsewhere_is_written_down_as_that(hostile):
    hostile.ask("observe")
    assert hostile.act("routed", OTHER, 53, RESOLVER) == "ok" and hostile.act("udp", RESOLVER, 53) == "ok"
    lines = [(one["kind"], one["port"], one["allowed"]) for one in hostile.ask("ledger")["ledger"] if one["destination"] == RESOLVER]
    assert sorted(lines) == [("hidden", 0, False), ("out", 53, True)]


def test_a_child_stays_where_it_was_born(hostile):
    hostile.enforce()
    inner = hostile.group / "inner"
    inner.mkdir()
    try:
        assert hostile.act("leave", inner / "cgroup.procs", OTHER, 7001) == "EPERM"  # below is inside
        assert hostile.act("leave", inner / "cgroup.procs", LISTED, 7001) == "ok"
        # Root moves it out: not shut, and said.
        assert hostile.act("leave", hostile.group.parent / "cgroup.procs", OTHER, 7001) == "ok"
    finally:
        assert wait_for(lambda: not (inner / "cgroup.procs").read_text(), 5)
        inner.rmdir()
    # What it had before it was moved stays seen: a socket belongs to where it was made.
    assert hostile.act("tcp", LISTED, 7001, "old") == "ok"
    hostile.configure(egress=", allow: []")
    (hostile.group.parent / "cgroup.procs").write_text(str(hostile.actor.pid))
    assert hostile.act("tcp", OTHER, 7001) == "ok"
    before = hostile.line(LISTED, 7001)["packets"]
    assert hostile.act("send", "old") == "ok"
    assert wait_for(lambda: hostile.line(LISTED, 7001)["packets"] > before, 3)


def test_not_shut_below_ip(hostile):
    """With CAP_NET_RAW, which the shield has not."""
    hostile.enforce()
    assert hostile.act("link", OTHER, 7001) == "ok"
    assert not any(one["destination"] == OTHER for one in hostile.ask("ledger")["ledger"])


def test_not_shut_with_somebody_outside(hostile):
    hostile.enforce()
    path = os.path.join(hostile.folder, "give.sock")
    hostile.start(["/usr/bin/nsenter", "--net", "--target", str(hostile.holder.pid), "--", "/usr/bin/python3", "-c", GIVE, path])
    assert hostile.act("given", path, OTHER, 7001) == "ok"
