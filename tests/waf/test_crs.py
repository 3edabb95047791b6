"""The 2,396 regression tests of CRS 3.3.4, offline: each request goes to the engine alone, without a socket, and its rules'
ids are held against what the test wants. The tests, how they are read and what Apache with ModSecurity 2.9.7 answered lie in
$SHARED_DIR/crs; the rules are Debian's package modsecurity-crs."""
import base64, glob, importlib.util, json, os, pathlib, re, subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRS = pathlib.Path(os.environ.get('SHARED_DIR', '/nonexistent')) / 'crs'
PROGRAM = os.environ.get('WAF_CASE', str(ROOT / 'build' / 'tests' / 'waf-case'))
RULES = '/usr/share/modsecurity-crs'
SETUP = '/etc/modsecurity'
FEWEST = 2396  # of 2,396; only ever raised
# Of these, docs/waf/crs-differences.md says why; of the rest, the ids are those of 2.9.7, or 980130 more: the last line of a
# request, which the runner that asked 2.9.7 read too early in 57 cases.
OTHER_IDS = {'920420-10'}


def module(name):
    spec = importlib.util.spec_from_file_location(name, CRS / (name + '.py'))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def dechunk(body):
    out = b''
    while body:
        size, _, body = body.partition(b'\r\n')
        try:
            length = int(size.split(b';')[0].strip() or b'0', 16)
        except ValueError:
            break
        if not length:
            break
        out, body = out + body[:length], body[length + 2:]
    return out


def cut(raw):
    """-> (head with its empty line, body) as a server takes them off a connection"""
    raw = raw.lstrip(b'\r\n')
    match = re.search(rb'\r?\n\r?\n', raw)
    if not match:
        return raw, b''
    head, body = raw[:match.end()], raw[match.end():]
    if re.search(rb'(?im)^transfer-encoding:\s*chunked', head):
        return re.sub(rb'(?im)^content-length:.*\r?\n', b'', head), dechunk(body)  # as Apache (RFC 9112, 6.3)
    length = re.search(rb'(?im)^content-length:\s*(\d+)', head)
    return head, body[:int(length.group(1))] if length else b''


def answer(backend, head, body):
    lines = head.decode('latin-1').splitlines()
    words = lines[0].split(' ')
    fields = [line.partition(':')[::2] for line in lines[1:] if ':' in line]
    status, out, content = backend.handle(words[0], ' '.join(words[1:-1]) or '/', [[k, v.strip()] for k, v in fields], body)
    if content and 'content-type' not in {k.lower() for k, _ in out}:
        out.append(('Content-Type', backend.sniff(content)))
    out.append(('Content-Length', str(len(content))))
    text = 'HTTP/1.1 %d x\r\n' % status + ''.join('%s: %s\r\n' % field for field in out) + '\r\n'
    return status, text.encode('utf-8', 'surrogateescape') + content


class Engine:
    def __init__(self, folder, *options):
        start = folder / 'case.conf'
        start.write_text('Include %s/modsecurity.conf-recommended\nInclude %s/test-setup-3.conf\nInclude %s/owasp-crs.load\n'
                         % (SETUP, CRS, RULES))
        files = [str(start), SETUP + '/modsecurity.conf-recommended', str(CRS / 'test-setup-3.conf'), RULES + '/owasp-crs.load', SETUP + '/unicode.mapping']
        for pattern in (SETUP + '/crs/*.conf', RULES + '/rules/*.conf', RULES + '/rules/*.data'):
            files += sorted(glob.glob(pattern))
        self.process = subprocess.Popen([PROGRAM, *options, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request, response):
        self.process.stdin.write(b'%d %d\n' % (len(request), len(response)) + request + response)
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=10)


def judge_stage(ftw, backend, engine, stage, reference):
    """-> reasons why it fails. What Apache refused before any rule was asked is refused by another room here too."""
    head, body = cut(ftw.build_request(stage, {}))
    response = ftw.Response()
    lines, status = [], reference['status']
    if status is not None and not (status == 400 and not reference['ids']):
        status, raw = answer(backend, head, body)
        lines = [engine.ask(head + body, raw)]
    response.status = reference['status'] if reference['status'] is not None else status
    ids, text = ftw.LogParser('json', 'rules[].id', {'msg': ['msg'], 'data': ['data']}).parse(lines)
    error = 'refused' if reference['status'] is None else None
    return ftw.judge(stage, response, error, ids, text, False), ids


def test_crs(tmp_path):
    if not CRS.is_dir():
        print('skipped: no SHARED_DIR')
        pytest.skip('no SHARED_DIR')
    ftw, backend = module('ftw'), module('backend')
    backend.httpbin = True
    reference = json.loads((CRS / 'reference-ids-3.3.4.json').read_text())
    engine = Engine(tmp_path)
    failed, other, late, count = [], {}, 0, 0
    for test in ftw.load_tests(str(CRS / 'tests-3.3.4'), 'auto')[1]:
        if not test.enabled:
            continue
        known = reference.get(test.id) or {'ids': [], 'status': 200}
        why, ids = [], set()
        for stage in test.stages:
            reasons, found = judge_stage(ftw, backend, engine, stage, known)
            why += reasons
            ids |= found
        count += 1
        if why:
            failed.append('%s %s' % (test.id, why[0]))
        wanted = set(known['ids'])
        if ids == wanted | {980130} and 949110 in ids:
            late += ids != wanted
        elif ids != wanted:
            other[test.id] = 'more %s less %s' % (sorted(ids - wanted), sorted(wanted - ids))
    assert engine.close() == 0
    print('%d of %d pass; ids are those of 2.9.7 in %d, in %d more but for a 980130 that its log was read too early for'
          % (count - len(failed), count, count - late - len(other), late))
    print('\n'.join(failed), '\n--\n' + '\n'.join('%s %s' % item for item in other.items()))
    assert count == 2396
    assert count - len(failed) >= FEWEST
    assert set(other) <= OTHER_IDS
    assert late <= 57


@pytest.mark.parametrize('option', ['-a', '-w'])
def test_shortcuts_and_waits_change_nothing(tmp_path, option):
    """The same answer, to the byte, when every rule is asked of every value (-a), and when the thread is given back before each
    value (-w)."""
    if not CRS.is_dir():
        print('skipped: no SHARED_DIR')
        pytest.skip('no SHARED_DIR')
    ftw, backend = module('ftw'), module('backend')
    backend.httpbin = True
    (tmp_path / 'plain').mkdir(), (tmp_path / 'other').mkdir()
    plain, other = Engine(tmp_path / 'plain'), Engine(tmp_path / 'other', option)
    differ, count = [], 0
    for test in ftw.load_tests(str(CRS / 'tests-3.3.4'), 'auto')[1]:
        for stage in test.stages if test.enabled else []:
            head, body = cut(ftw.build_request(stage, {}))
            try:
                _, raw = answer(backend, head, body)
            except (IndexError, ValueError):
                continue  # no request line: Apache refuses it, and so does another room
            count += 1
            if plain.ask(head + body, raw) != other.ask(head + body, raw):
                differ.append(test.id)
    assert plain.close() == other.close() == 0
    print(count, 'requests;', len(differ), 'differ:', ' '.join(differ[:20]))
    assert count > 2300 and not differ
