"""A shield in front of several origins that tell which of them answers: what scenes of pools stand on."""
import contextlib

from lab import Origin, Shield, get, response


@contextlib.contextmanager
def stage(count, *keys, shield=None, **site):
    """COUNT origins that answer their number; KEYS: what the site says of each beside its URL."""
    with contextlib.ExitStack() as stack:
        origins = [stack.enter_context(Origin(response(str(number).encode()))) for number in range(count)]
        keys = [*keys, *[{}] * (count - len(keys))]
        listed = [{"url": origin.url, **each} for origin, each in zip(origins, keys)]
        yield stack.enter_context(Shield(origins[0], site={"origins": listed, **site}, **(shield or {}))), origins


def counts(origins):
    found = [len(origin.requests) for origin in origins]
    for origin in origins:
        origin.forget()
    return found


def ask(shield, times, **options):
    answers = [get(shield.plain, **options) for _ in range(times)]
    assert {answer.status for answer in answers} == {200}
    return [answer.text for answer in answers]
