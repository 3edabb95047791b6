"""Each thing that rules can say (feature_rows.py) is read and does something, and nothing that CRS 3.3.4 and 4.28 use is left out."""
import importlib.util, json, os, pathlib, re, subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get('WAF_CASE', str(HERE.parents[1] / 'build' / 'tests' / 'waf-case'))
INVENTORY = pathlib.Path(os.environ.get('SHARED_DIR', '/nonexistent')) / 'crs' / 'inventory.md'
BASE = 'SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/html text/plain\n'
MAPPING = pathlib.Path('/etc/modsecurity/unicode.mapping')
KINDS = {0: 0, 2: -1, 4: 0}  # of verdicts: passed, dropped, allowed

spec = importlib.util.spec_from_file_location('feature_rows', HERE / 'feature_rows.py')
rows = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rows)


def ask(row, folder):
    """-> (messages, status)"""
    start = folder / 'x.conf'
    start.write_text(BASE + row.setup + row.rules + '\n', 'latin-1')
    files = [str(start)] + ([str(MAPPING)] if str(MAPPING) in row.setup else [])
    request, response = row.request_bytes('a'), row.response_bytes()
    answer = subprocess.run([PROGRAM, *files], input=b'%d %d\n' % (len(request), len(response)) + request + response, capture_output=True, timeout=60)
    assert answer.returncode == 0, answer.stderr.decode()
    said = json.loads(answer.stdout)
    return ' '.join(rule['msg'] for rule in said['rules']), KINDS.get(said['verdict'], said['status'])


@pytest.mark.parametrize('row', rows.ROWS, ids=[row.name for row in rows.ROWS])
def test_row(row, tmp_path):
    if str(MAPPING) in row.setup and not MAPPING.exists():
        print('skipped: no unicode.mapping')
        pytest.skip('no unicode.mapping')
    assert ask(row, tmp_path) == (row.said, row.status)


def test_nothing_of_crs_is_left_out():
    if not INVENTORY.exists():
        print('skipped: no SHARED_DIR')
        pytest.skip('no SHARED_DIR')
    tags = {tag for row in rows.ROWS for tag in row.tags}
    missing, section = [], None
    for line in INVENTORY.read_text().splitlines():
        if line.startswith('## '):
            section = line[3:].split(' (')[0]
        item = re.match(r'\| `(.*?)` \|', line)
        if not item or section not in ('directives', 'variables', 'variable_forms', 'operators', 'macros_in_operator', 'transformations', 'actions', 'ctl', 'setvar'):
            continue
        name = item[1].replace(' ', '_')
        if section == 'ctl':
            name = name.split('=')[0]
        if '%s:%s' % (section, name) not in tags:
            missing.append('%s:%s' % (section, name))
    # countries, blocklists and words in files: tests of their own (test_ports.c, test_operator_outside.c, test_operator_phrases.c, test_crs.py)
    elsewhere = {'variables:GEO', 'operators:@geoLookup', 'operators:@rbl', 'operators:@pmFromFile', 'operators:!@pmFromFile'}
    assert set(missing) - elsewhere == set()
