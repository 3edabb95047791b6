"""Random rules and requests, as rows (feature_rows.py), to be asked of a real 2.9.7 and of ours: tests/waf/ask_features.py --random.

Left out is what 2.9.7 does not mean: multiMatch behind t:none or alone never matches there, and transformations that say they
changed what they left as it was match twice; a name is cut at a NUL; sqlHexDecode reads what an earlier step left in memory."""
import random

from feature_rows import FORM, MULTI, ROWS, Row, part

TARGETS = '''ARGS ARGS:a ARGS:/^a/ ARGS_NAMES ARGS_GET ARGS_POST ARGS_GET_NAMES ARGS_POST_NAMES REQUEST_COOKIES REQUEST_COOKIES_NAMES
REQUEST_COOKIES:/a/ REQUEST_HEADERS:x-a REQUEST_HEADERS:/^x/ REQUEST_URI REQUEST_URI_RAW REQUEST_FILENAME REQUEST_BASENAME REQUEST_LINE
QUERY_STRING REQUEST_BODY &ARGS &ARGS:a &REQUEST_COOKIES TX:s TX:/^s/ &TX:/^s/ MATCHED_VAR MATCHED_VARS MATCHED_VARS_NAMES
ARGS_COMBINED_SIZE REQBODY_PROCESSOR URLENCODED_ERROR !ARGS:b !ARGS:/b$/ !REQUEST_COOKIES:b XML:/* XML://@* FILES FILES_NAMES
MULTIPART_PART_HEADERS RESPONSE_BODY RESPONSE_HEADERS RESPONSE_STATUS'''.split()
TRANSFORMS = '''lowercase urlDecode urlDecodeUni htmlEntityDecode jsDecode cssDecode removeNulls removeWhitespace compressWhitespace
replaceComments removeComments removeCommentsChar normalizePath normalizePathWin cmdLine base64Decode length hexEncode utf8toUnicode
escapeSeqDecode trim base64DecodeExt hexDecode none md5 urlEncode replaceNulls trimLeft parityZero7bit'''.split()
PLAIN = ('none', 'cmdLine', 'md5', 'length', 'base64Decode', 'base64DecodeExt')
OPERATORS = ['@rx .', '@rx ^', '@rx a', '@rx (a)(b)?', '@rx ^[a-z]+$', '!@rx a', '@contains a', '@streq a', '@beginsWith a', '@endsWith b', '@within a b ab abc',
             '@pm a bc <', '!@pm a', '@eq 1', '@ge 1', '@lt 5', '@gt 3', '@validateByteRange 32-126', '@validateUrlEncoding', '@validateUtf8Encoding', '@detectSQLi',
             '@detectXSS', '@containsWord a', '@rx %{tx.s1}', '@streq %{tx.s1}', '@unconditionalMatch', '@rx (?i)ALERT|select', '@strmatch a', '!@streq a', '!@eq 0']
VALUES = ['a', 'b', 'ab', 'abc', '', 'A', '1', '5', '%41', '%2541', '%u0041', '+', '%20a%20', '<b>', '%3Cscript%3Ealert(1)%3C/script%3E', "1'%20or%20'1'%3D'1",
          'a/*x*/b', '../../a', '/a/./b', '%5Cx41', '%5C41', '&lt', 'YWJj', '0x6162', '%C3%A9', '%FF', 'a=b', 'select+1', '%26%2365%3B', '%E2%82%AC', '%0a',
          'a%0d%0ab', 'a  b', '%', '%zz', '%c0%af', '--a', 'a"b', "a'b"]
NAMES = ['a', 'b', 'ab', 'aa', 'c', 'A', 'a.b', 'a[]', 'x+y', '%61', '_']


class Draw:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.one = self.random.choice

    def may(self, share):
        return self.random.random() < share

    def value(self):
        return ''.join(self.one(VALUES) for _ in range(self.one([1, 1, 1, 2, 3])))

    def pairs(self):
        return '&'.join(self.one(NAMES) + self.one(['=', '=', '=', '']) + self.value().replace('&', '%26') for _ in range(self.random.randint(0, 4)))

    def actions(self, number, phase, is_chained, is_starter):
        steps = [self.one(TRANSFORMS) for _ in range(self.one([0, 0, 1, 1, 2, 3]))]
        actions = [] if is_chained else ['id:%d' % number, 'phase:%d' % phase, 'pass', 'log', "msg:'%d %%{MATCHED_VAR_NAME}=%%{MATCHED_VAR} %%{tx.s1}'" % number]
        actions += ['capture'] * self.may(.3) + ['t:' + step for step in steps]
        actions += ['multiMatch'] * (self.may(.15) and bool(steps) and not set(steps) & set(PLAIN))
        if self.may(.25):
            actions.append('setvar:tx.s%d=%s' % (self.one([1, 2, 3]), self.one(['1', '+1', '%{MATCHED_VAR}', '%{tx.1}', '%{MATCHED_VAR_NAME}'])))
        return actions + ['chain'] * is_starter

    def rules(self):
        phase, count, lines, is_starter = self.one([1, 2, 2, 2, 2, 4]), self.random.randint(1, 4), [], False
        for number in range(1, count + 1):
            is_chained, is_starter = is_starter, number < count and self.may(.35)
            if self.may(.15) and not is_chained and not is_starter:
                lines.append('SecAction "id:%d,phase:%d,pass,nolog,setvar:tx.s%d=%s"' % (number, phase, self.one([1, 2, 3]), self.one(['1', 'a', '%{ARGS.a}', '+1', '%{tx.s1}b'])))
                continue
            targets = [self.one(TARGETS) for _ in range(self.one([1, 1, 2, 3]))]
            if all(target[0] == '!' for target in targets):
                targets.insert(0, 'ARGS')
            actions = self.actions(number, phase, is_chained, is_starter)
            lines.append('SecRule "%s" "%s"%s' % ('|'.join(targets), self.one(OPERATORS), ' "%s"' % ','.join(actions) if actions else ''))
        return '\n'.join(lines)

    def body(self, kind):
        if kind == 'form':
            return FORM + '\n\n' + (self.pairs() or 'a=1')
        if kind == 'JSON':
            return 'Content-Type: application/json\n\n{"%s":["%s",{"b":"%s"}],"c":%s}' % (
                self.one(['a', 'ab']), self.one(['a', '<b>', 'x y']), self.one(['a', 'A', "1' or '1'='1"]), self.one(['1', 'true', 'null', '"a"']))
        if kind == 'XML':
            return 'Content-Type: text/xml\n\n<a b="%s">%s<c>%s</c></a>' % (self.one('a1'), self.one(['x', 'ab']), self.one(['b', '&lt;']))
        return MULTI + '\n\n' + part(self.one(['a', 'ab']), self.one(['a', 'abc', '<b>'])) + part('f', 'abc', '; filename="%s"' % self.one(['a.php', 'b'])) + '--b--\r\n'


def draw(count, seed):
    """Adds COUNT rows to none."""
    draws = Draw(seed)
    ROWS.clear()
    for number in range(count):
        rules, query, kind = draws.rules(), draws.pairs().replace(' ', '+'), draws.one(['', '', 'form', 'JSON', 'XML', 'multipart'])
        request = ('POST ' if kind else 'GET ') + draws.one(['/', '/a', '/a/b.c', '/%61b', '/a%20b', '/A']) + ('?' + query if query else '')
        request += '\nX-A: ' + (draws.value().replace('%0a', '').replace('%', '') or 'a')
        request += '\nCookie: ' + '; '.join(draws.one(['a', 'b', 'ab', '_ga']) + '=' + draws.value() for _ in range(draws.random.randint(1, 3)))
        if kind in ('JSON', 'XML'):
            rules = 'SecAction "id:99,phase:1,pass,nolog,ctl:requestBodyProcessor=%s"\n' % kind + rules
        Row('random:%d' % number, rules, request + ('\n' + draws.body(kind) if kind else ''), '',
            response='200\nContent-Type: text/html\nX-R: a\n\n' + draws.one(['abc', '<b>a', '1']))
    for row in ROWS:
        row.look_up()
