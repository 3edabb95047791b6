"""Who is logged in: random tokens in memory, a bounded number of them, each for an hour."""
import collections
import hmac
import secrets
import threading
import time

SESSIONS = 1000
SESSION_SECONDS = 3600
DEMO_USER = "citizen"
DEMO_PASSWORD = "aldersbeke-2026"

_lock = threading.Lock()
_sessions = collections.OrderedDict()


def log_in(user, password):
    """A token for the demonstration account, or None."""
    right = hmac.compare_digest(user.encode(), DEMO_USER.encode())
    right &= hmac.compare_digest(password.encode(), DEMO_PASSWORD.encode())
    if not right:
        return None
    token = secrets.token_urlsafe(24)
    with _lock:
        _sessions[token] = (user, time.monotonic() + SESSION_SECONDS)
        while len(_sessions) > SESSIONS:
            _sessions.popitem(last=False)
    return token


def user_of(token):
    with _lock:
        user, until = _sessions.get(token, (None, 0))
    return user if time.monotonic() < until else None


def log_out(token):
    with _lock:
        _sessions.pop(token, None)
