"""What rules can say, one row a thing: rules, a request, perhaps an answer, the messages that matched and the status.

The tags of a row name what it shows, in the words of $SHARED_DIR/crs/inventory.md. What is expected is what ModSecurity 2.9.7
answers (tests/waf/ask_features.py asks it), but for rows with OTHERWISE: there it says why we differ. What a row calls '?' is in
feature_answers.json: 2.9.7's answer, and ours where it differs."""
import hashlib, json, pathlib

ROWS = []
ANSWERS = pathlib.Path(__file__).resolve().parent / 'feature_answers.json'
KNOWN = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}


class Row:
    def __init__(self, tags, rules, request, said, status=0, response=None, otherwise=None, setup=''):
        self.tags, self.rules, self.said, self.status, self.otherwise = tags.split(), rules, said, status, otherwise
        self.request, self.response, self.setup = request, response, setup
        self.name = '%03d-%s' % (len(ROWS), self.tags[0])
        ROWS.append(self)

    def look_up(self):
        self.is_known = self.said == '?'
        self.key = hashlib.sha1((self.setup + self.rules + self.request).encode('latin-1')).hexdigest()[:12]
        if self.is_known:
            known = KNOWN.get(self.key, {'said': '?', 'status': 0})
            self.said, self.status = known.get('here', [known['said'], known['status']])
            self.otherwise = known.get('why')

    def request_bytes(self, host):
        """LF becomes CRLF in the head only; a request without fields gets Host; one with a body its length."""
        head, _, body = self.request.partition('\n\n')
        lines = head.split('\n')
        if lines[0].count(' ') < 2:
            lines[0] += ' HTTP/1.1'
        lines[1:1] = ['Host: ' + host]
        if body and not any(line.lower().startswith('content-length') for line in lines):
            lines.append('Content-Length: %d' % len(body.encode('latin-1')))
        return ('\r\n'.join(lines) + '\r\n\r\n' + body).encode('latin-1')

    def response_bytes(self):
        text = self.response or '200\nContent-Type: text/html\n\nok'
        head, _, body = text.partition('\n\n')
        lines = head.split('\n')
        lines[0] = 'HTTP/1.1 %s Said' % lines[0]
        lines.append('Content-Length: %d' % len(body.encode('latin-1')))
        return ('\r\n'.join(lines) + '\r\n\r\n' + body).encode('latin-1')


FORM = 'Content-Type: application/x-www-form-urlencoded'
MULTI = 'Content-Type: multipart/form-data; boundary=b'


def part(name, value, extra=''):
    return '--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, extra, value)


def shows(tags, target, request, said, operator='@rx .', actions='', **more):
    """One rule that says of each value its name and what it is."""
    Row(tags, 'SecRule %s "%s" "id:1,phase:%d,pass,log,%smsg:\'%%{MATCHED_VAR_NAME}=%%{MATCHED_VAR}\'"'
        % (target, operator, more.pop('phase', 2), actions and actions + ','), request, said, **more)


# variables
shows('variables:ARGS variable_forms:whole', 'ARGS', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS:a=1 ARGS:b=2')
shows('variable_forms:string_selector', 'ARGS:a|ARGS:A', 'GET /?a=1&b=2', 'ARGS:a=1 ARGS:a=1')
shows('variable_forms:regex_selector', 'ARGS:/^a/', 'GET /?a=1&ab=2&b=3', 'ARGS:a=1 ARGS:ab=2')
shows('variable_forms:exclude_!_string_selector', 'ARGS|!ARGS:a', 'GET /?a=1&b=2', 'ARGS:b=2')
shows('variable_forms:exclude_!_regex_selector', 'ARGS|!ARGS:/^a/', 'GET /?a=1&ab=2&b=2', 'ARGS:b=2')
shows('variable_forms:count_&_string_selector', '&ARGS:a', 'GET /?a=1&a=2', 'ARGS=2', '@ge 0')
shows('variable_forms:count_&_regex_selector', '&ARGS:/^a/', 'GET /?a=1&ab=2&b=3', 'ARGS=2', '@ge 0')
shows('variable_forms:count_&_whole', '&ARGS', 'GET /?a=1&a=2', 'ARGS=2', '@ge 0')
shows('variables:ARGS_GET', 'ARGS_GET', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS_GET:a=1')
shows('variables:ARGS_POST', 'ARGS_POST', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS_POST:b=2')
shows('variables:ARGS_NAMES', 'ARGS_NAMES', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS_NAMES:a=a ARGS_NAMES:b=b')
shows('variables:ARGS_GET_NAMES', 'ARGS_GET_NAMES', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS_GET_NAMES:a=a')
shows('variables:ARGS_POST_NAMES', 'ARGS_POST_NAMES', 'POST /?a=1\n' + FORM + '\n\nb=2', 'ARGS_POST_NAMES:b=b')
shows('variables:ARGS_COMBINED_SIZE', 'ARGS_COMBINED_SIZE', 'GET /?ab=12&c=3', 'ARGS_COMBINED_SIZE=6')
shows('variables:QUERY_STRING', 'QUERY_STRING', 'GET /x?a=%31', 'QUERY_STRING=a=%31')
shows('variables:REQUEST_URI', 'REQUEST_URI', 'GET /x%20y?a=%31', 'REQUEST_URI=/x y?a=%31')
shows('variables:REQUEST_URI', 'REQUEST_URI', 'GET /x%20y?a=%31', 'REQUEST_URI=/x%20y?a=%31', phase=1)
shows('variables:REQUEST_URI_RAW', 'REQUEST_URI_RAW', 'GET /x%20y?a=%31', 'REQUEST_URI_RAW=/x%20y?a=%31')
shows('variables:REQUEST_FILENAME', 'REQUEST_FILENAME', 'GET /d/x%20y?a=%31', 'REQUEST_FILENAME=/d/x%20y', phase=1)
shows('variables:REQUEST_BASENAME', 'REQUEST_BASENAME', 'GET /d/xy?a=%31', 'REQUEST_BASENAME=xy')
shows('variables:REQUEST_LINE', 'REQUEST_LINE', 'GET /d/x%20y?a=%31', 'REQUEST_LINE=GET /d/x%20y?a=%31 HTTP/1.1')
shows('variables:REQUEST_METHOD', 'REQUEST_METHOD', 'PUT /', 'REQUEST_METHOD=PUT')
shows('variables:REQUEST_PROTOCOL', 'REQUEST_PROTOCOL', 'GET / HTTP/1.0', 'REQUEST_PROTOCOL=HTTP/1.0')
shows('variables:REQUEST_HEADERS', 'REQUEST_HEADERS:x-a', 'GET /\nX-A: 1\nX-a: 2', 'REQUEST_HEADERS:X-A=1 REQUEST_HEADERS:X-a=2',
      otherwise='Apache joins fields of one name; here each is looked at')
shows('variables:REQUEST_HEADERS_NAMES', 'REQUEST_HEADERS_NAMES', 'GET /\nX_A.b: 1', 'REQUEST_HEADERS_NAMES:X_A.b=X_A.b', '@rx ^X')
shows('variables:REQUEST_COOKIES', 'REQUEST_COOKIES', 'GET /\nCookie: a=1; b="x y"; c', 'REQUEST_COOKIES:a=1 REQUEST_COOKIES:b="x y"')
shows('variables:REQUEST_COOKIES_NAMES', 'REQUEST_COOKIES_NAMES', 'GET /\nCookie: a=1; b=2', 'REQUEST_COOKIES_NAMES:a=a REQUEST_COOKIES_NAMES:b=b')
shows('variables:REQUEST_BODY', 'REQUEST_BODY', 'POST /\n' + FORM + '\n\na=1&b=%32', 'REQUEST_BODY=a=1&b=%32')
shows('variables:REQUEST_BODY_LENGTH', 'REQUEST_BODY_LENGTH', 'POST /\n' + FORM + '\n\na=1&b=2', 'REQUEST_BODY_LENGTH=7')
shows('variables:FILES', 'FILES', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc', '; filename="x.php"') + '--b--\r\n', 'FILES:f=x.php')
shows('variables:FILES_NAMES', 'FILES_NAMES', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc', '; filename="x.php"') + '--b--\r\n', 'FILES_NAMES:f=f')
shows('variables:FILES_SIZES', 'FILES_SIZES', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc', '; filename="x.php"') + '--b--\r\n', 'FILES_SIZES:f=3')
shows('variables:FILES_COMBINED_SIZE', 'FILES_COMBINED_SIZE', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc', '; filename="x"')
      + part('g', 'de', '; filename="y"') + '--b--\r\n', 'FILES_COMBINED_SIZE=5')
shows('variables:FILES_TMP_CONTENT', 'FILES_TMP_CONTENT', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc', '; filename="x"') + '--b--\r\n',
      'FILES_TMP_CONTENT:f=abc', setup='SecUploadKeepFiles On\nSecTmpSaveUploadedFiles On\n')
shows('variables:MULTIPART_PART_HEADERS', 'MULTIPART_PART_HEADERS', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc') + '--b--\r\n',
      'MULTIPART_PART_HEADERS:f=Content-Disposition: form-data; name="f"')
shows('variables:MULTIPART_PART_HEADERS variable_by_form:&MULTIPART_PART_HEADERS_(string_selector)', '&MULTIPART_PART_HEADERS:_charset_|&MULTIPART_PART_HEADERS',
      'POST /\n' + MULTI + '\n\n' + part('_charset_', 'utf-7') + part('g', '2') + '--b--\r\n', 'MULTIPART_PART_HEADERS=1 MULTIPART_PART_HEADERS=2', '@ge 0')
shows('variables:REQBODY_PROCESSOR', 'REQBODY_PROCESSOR', 'POST /\n' + MULTI + '\n\n' + part('f', 'abc') + '--b--\r\n', 'REQBODY_PROCESSOR=MULTIPART')
shows('variables:REQBODY_ERROR', 'REQBODY_ERROR|REQBODY_PROCESSOR_ERROR', 'POST /\n' + MULTI + '\n\n--b', 'REQBODY_ERROR=1 REQBODY_PROCESSOR_ERROR=1', '@eq 1',
      otherwise='2.9.7 answers 500 itself to a form that breaks off')
ROWS[-1].said = 'REQBODY_ERROR=1 REQBODY_ERROR=1'
shows('variables:MATCHED_VAR', 'MATCHED_VAR', 'GET /?a=1', '')
Row('variables:MATCHED_VARS variables:MATCHED_VARS_NAMES variables:MATCHED_VAR variables:MATCHED_VAR_NAME rule_kinds:SecRule_(chain_starter) chain_lengths:5',
    '''SecRule ARGS "@rx 1" "id:1,phase:2,pass,log,msg:'yes %{MATCHED_VAR}',chain"
SecRule MATCHED_VAR "@rx 1" "chain"
SecRule MATCHED_VARS "@rx 1" "chain"
SecRule MATCHED_VAR_NAME|MATCHED_VARS_NAMES "@rx ARGS:b" "chain"
SecRule ARGS:c "@rx 3"''', 'GET /?a=12&b=1&c=3', 'yes 3')
shows('variables:REMOTE_ADDR', 'REMOTE_ADDR', 'GET /', 'REMOTE_ADDR=127.0.0.1')
shows('variables:UNIQUE_ID', 'UNIQUE_ID', 'GET /', 'UNIQUE_ID', '@rx .', actions='')
ROWS[-1].rules = 'SecRule UNIQUE_ID "@rx ^." "id:1,phase:1,pass,log,msg:\'%{MATCHED_VAR_NAME}\'"'
shows('variables:DURATION', 'DURATION', 'GET /', 'DURATION', '@ge 0')
ROWS[-1].rules = 'SecRule DURATION "@ge 0" "id:1,phase:5,pass,log,msg:\'%{MATCHED_VAR_NAME}\'"'
shows('variables:TX', 'TX:a|TX:/^b/|!TX:b2|&TX:a|&TX:/^b/', 'GET /', 'TX:a=1 TX:b1=2 TX=1 TX=2')
ROWS[-1].rules = 'SecAction "id:9,phase:1,pass,nolog,setvar:tx.a=1,setvar:tx.b1=2,setvar:tx.b2=3"\n' + ROWS[-1].rules
shows('variables:XML variable_forms:xpath', 'XML:/*|XML://@*|XML:/a/b/text()', 'POST /\nContent-Type: text/xml\n\n<a x="1"><b>2</b><c>3</c></a>', 'XML=23 XML=1 XML=2')
ROWS[-1].rules = 'SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\n' + ROWS[-1].rules
shows('variables:JSON', 'ARGS', 'POST /\nContent-Type: application/json\n\n{"a":{"b":[1,{"c":"x"}]},"d":null,"e":true}',
      'ARGS:a.b.b=1 ARGS:a.b.b.c=x ARGS:e=true')
ROWS[-1].rules = 'SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"\n' + ROWS[-1].rules
shows('variables:RESPONSE_BODY phases:4', 'RESPONSE_BODY', 'GET /', 'RESPONSE_BODY=leak', phase=4, response='200\nContent-Type: text/html\n\nleak')
shows('variables:RESPONSE_BODY', 'RESPONSE_BODY', 'GET /', '', phase=4, response='200\nContent-Type: image/png\n\nleak')
shows('variables:RESPONSE_HEADERS phases:3', 'RESPONSE_HEADERS:x-a|RESPONSE_HEADERS_NAMES', 'GET /', 'RESPONSE_HEADERS:X-A=1 RESPONSE_HEADERS_NAMES:X-A=X-A', '@rx ^1|X-A', phase=3,
      response='200\nX-A: 1\n\nok')
shows('variables:RESPONSE_STATUS', 'RESPONSE_STATUS', 'GET /', 'RESPONSE_STATUS=503', phase=3, response='503\nX-A: 1\n\nok')
shows('variables:RESPONSE_CONTENT_TYPE', 'RESPONSE_CONTENT_TYPE', 'GET /', 'RESPONSE_CONTENT_TYPE=text/html', phase=3)
shows('variables:RESPONSE_CONTENT_LENGTH', 'RESPONSE_CONTENT_LENGTH', 'GET /', 'RESPONSE_CONTENT_LENGTH=2', phase=4, otherwise='Apache has not counted yet')
shows('variables:RESPONSE_PROTOCOL', 'RESPONSE_PROTOCOL', 'GET /', 'RESPONSE_PROTOCOL=HTTP/1.1', phase=3)
shows('variables:STATUS_LINE', 'STATUS_LINE', 'GET /', 'STATUS_LINE=404 Said', phase=3, response='404\nX-A: 1\n\nok')
shows('variables:STREAM_INPUT_BODY', 'STREAM_INPUT_BODY', 'POST /\n' + FORM + '\n\na=1', 'STREAM_INPUT_BODY=a=1', setup='SecStreamInBodyInspection On\n')
shows('variables:STREAM_OUTPUT_BODY', 'STREAM_OUTPUT_BODY', 'GET /', 'STREAM_OUTPUT_BODY=ok', phase=4, setup='SecStreamOutBodyInspection On\n')
shows('variables:WEBAPPID', 'WEBAPPID', 'GET /', 'WEBAPPID=app', setup='SecWebAppId app\n')
shows('variables:FULL_REQUEST', 'FULL_REQUEST', 'POST /?q=1 HTTP/1.1\nX-A: 1\nContent-Type: text/x\n\nraw', 'FULL_REQUEST=POST /?q=1 HTTP/1.1\nHost: a\nX-A: 1\nContent-Type: text/x\nContent-Length: 3\n\nraw',
      otherwise='2.9.7 writes each field over the one before, and shows what its memory held')
shows('variables:FULL_REQUEST_LENGTH', 'FULL_REQUEST_LENGTH', 'GET / HTTP/1.1', 'FULL_REQUEST_LENGTH=24', otherwise='2.9.7 counts neither fields nor body')
Row('ctl:responseBodyLimit', 'SecAction "id:1,phase:1,pass,nolog,ctl:responseBodyLimit=1"\nSecRule RESPONSE_BODY "@rx ." "id:2,phase:4,pass,log,msg:\'%{MATCHED_VAR}\'"', 'GET /', 'o', setup='SecResponseBodyLimitAction ProcessPartial\n')
shows('variables:MODSEC_BUILD', 'MODSEC_BUILD|PATH_INFO|SDBM_DELETE_ERROR', 'GET /', 'MODSEC_BUILD=020907900 PATH_INFO= SDBM_DELETE_ERROR=0', '@rx ^',
      otherwise='in Apache PATH_INFO is empty for its own files, and not there for what it passes on')
shows('variables:ENV', 'ENV:a', 'GET /', 'ENV:a=1', otherwise='2.9.7 leaves the name of the variable out')
ROWS[-1].rules = 'SecAction "id:9,phase:1,pass,nolog,setenv:a=1,setenv:b=1"\nSecAction "id:8,phase:1,pass,nolog,setenv:!b"\n' + ROWS[-1].rules
shows('variables:RULE', 'RULE:id', 'GET /', 'RULE=1', otherwise='2.9.7 leaves the member out of the name')
ROWS[-1].said = 'RULE:id=1'
shows('variables:HIGHEST_SEVERITY', 'HIGHEST_SEVERITY', 'GET /', 'HIGHEST_SEVERITY=3', '@lt 255')
ROWS[-1].rules = 'SecAction "id:9,phase:1,pass,nolog,severity:ERROR"\nSecAction "id:8,phase:1,pass,nolog,severity:WARNING"\n' + ROWS[-1].rules
shows('variables:INBOUND_DATA_ERROR', 'INBOUND_DATA_ERROR|REQUEST_BODY_LENGTH', 'POST /\n' + FORM + '\n\na=123456789', 'INBOUND_DATA_ERROR=1 REQUEST_BODY_LENGTH=5',
      setup='SecRequestBodyLimit 5\nSecRequestBodyNoFilesLimit 50\nSecRequestBodyLimitAction ProcessPartial\n')
shows('variables:OUTBOUND_DATA_ERROR', 'OUTBOUND_DATA_ERROR|RESPONSE_BODY', 'GET /', 'OUTBOUND_DATA_ERROR=1 RESPONSE_BODY=0123456789', phase=4,
      response='200\nContent-Type: text/html\n\n0123456789abc', setup='SecResponseBodyLimit 10\nSecResponseBodyLimitAction ProcessPartial\n')
shows('variables:URLENCODED_ERROR', 'URLENCODED_ERROR', 'POST /\n' + FORM + '\n\na=%zz', 'URLENCODED_ERROR=1', '@eq 1')

# IP, GLOBAL, SESSION
Row('variables:IP actions:initcol persistent/initcol:ip=%{remote_addr}_%{tx.ua_hash} setvar:ip:_=_assign_[val-literal] setvar:ip:_=+_add_[val-literal] '
    'setvar:ip:_=_assign_[val-macro] setvar:ip:_unset_!_[val-literal] actions:expirevar persistent/expirevar:ip.reput_block_flag=%{tx.reput_block_duration} '
    'persistent/expirevar:ip.dos_block_flag=60 variable_by_form:IP_(string_selector) variable_by_form:&IP_(string_selector) macros:IP.*',
    '''SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{remote_addr}_%{tx.ua_hash},setvar:ip.a=1,setvar:ip.a=+2,setvar:ip.b=%{tx.z}x,setvar:ip.c=1,setvar:!ip.c,expirevar:ip.a=%{tx.z}60"
SecRule IP:a|&IP:b|&IP:c|IP:b "@rx ." "id:2,phase:1,pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}/%{ip.a}'"''', 'GET /',
    'IP:a=3/3 IP=1/3 IP=0/3 IP:b=x/3')
Row('persistent/initcol:global=global persistent/initcol:ip=%{remote_addr}_%{MATCHED_VAR} variables:SESSION variables:SESSIONID actions:setsid',
    '''SecAction "id:1,phase:1,pass,nolog,initcol:global=global,setsid:s1,setvar:global.n=+1"
SecRule GLOBAL:n|SESSION:KEY|SESSIONID "@rx ." "id:2,phase:1,pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'"''', 'GET /',
    'GLOBAL:n=1 SESSION:KEY=s1 SESSIONID=s1')
shows('extra:SESSIONID_that_is_none', 'SESSIONID|USERID', 'GET /', '', '@rx ^')
Row('directives:SecCollectionTimeout', '''SecAction "id:1,phase:1,pass,nolog,initcol:ip=x"
SecRule IP:TIMEOUT "@rx ." "id:2,phase:1,pass,log,msg:'%{MATCHED_VAR}'"''', 'GET /', '600', setup='SecCollectionTimeout 600\n')

# operators
def asks(tags, operator, value, does_match, actions='', parameter='ARGS:a', said='yes'):
    Row(tags, 'SecRule %s "%s" "id:1,phase:2,pass,log,%smsg:\'yes\'"' % (parameter, operator, actions and actions + ','), 'GET /?a=' + value,
        said if does_match else '')


for tags, operator, yes, no in [
        ('operators:@rx', '@rx ^b+$', 'bb', 'bc'), ('operators:!@rx', '!@rx ^b+$', 'bc', 'bb'), ('operators:@lt', '@lt 5', '4', '5'),
        ('operators:!@lt', '!@lt 5', '5', '4'), ('operators:@le', '@le 5', '5', '6'), ('operators:@eq', '@eq 5', '5x', '6'),
        ('operators:!@eq', '!@eq 5', '6', '5'), ('operators:@ge', '@ge 5', '5', '4'), ('operators:@gt', '@gt 5', '6', '5'),
        ('operators:@endsWith', '@endsWith bc', 'abc', 'abcd'), ('operators:!@endsWith', '!@endsWith bc', 'abcd', 'abc'),
        ('operators:@streq', '@streq bc', 'bc', 'bC'), ('operators:!@streq', '!@streq bc', 'bC', 'bc'), ('operators:@contains', '@contains bc', 'abcd', 'aBcd'),
        ('operators:!@contains', '!@contains bc', 'aBcd', 'abcd'), ('operators:@containsWord', '@containsWord bc', 'a+bc+d', 'abcd'),
        ('operators:@pm', '@pm bc xy', 'aXYz', 'ab'), ('operators:!@pm', '!@pm bc xy', 'ab', 'abc'), ('operators:!@within', '!@within a,b', 'c', 'a'),
        ('operators:@within', '@within a,b', 'b', 'c'), ('operators:@validateByteRange', '@validateByteRange 32-126', '%01', 'a'),
        ('operators:!@validateByteRange', '!@validateByteRange 32-126', 'a', '%01'), ('operators:@ipMatch', '@ipMatch 10.0.0.0/8', '10.1.1.1', '11.1.1.1'),
        ('operators:@validateUrlEncoding', '@validateUrlEncoding', '%25zz', '%2541'), ('operators:@detectSQLi', "@detectSQLi", "1'+or+'1'='1", 'hello'),
        ('operators:@detectXSS', '@detectXSS', '<script>alert(1)</script>', 'hello'), ('operators:!@beginsWith', '!@beginsWith ab', 'ba', 'abc'),
        ('operators:@beginsWith', '@beginsWith ab', 'abc', 'ba'), ('operators:@validateUtf8Encoding', '@validateUtf8Encoding', '%c0%af', '%c3%a9'),
        ('operators:@unconditionalMatch', '@unconditionalMatch', 'a', None), ('operators:@noMatch', '@noMatch', None, 'a'),
        ('operators:@strmatch', '@strmatch bc', 'abcd', 'abd'), ('operators:@verifyCC', '@verifyCC \\d{13,16}', '4111111111111111', '41')]:
    if yes is not None:
        asks(tags, operator, yes, True)
    if no is not None:
        asks(tags, operator, no, False)
for operator in ('@within', '@ge', '@gt', '@lt', '@streq', '@endsWith', '@rx'):
    parameter = {'@within': 'x %{tx.v} z', '@ge': '%{tx.n}', '@gt': '%{tx.n}', '@lt': '%{tx.n}', '@streq': '%{tx.v}', '@endsWith': '%{tx.v}', '@rx': '^%{tx.v}$'}[operator]
    value = {'@ge': '5', '@gt': '6', '@lt': '4'}.get(operator, 'vv')
    Row('macros_in_operator:' + operator, 'SecAction "id:9,phase:1,pass,nolog,setvar:tx.v=vv,setvar:tx.n=5"\nSecRule ARGS:a "%s %s" "id:1,phase:2,pass,log,msg:\'yes\'"'
        % (operator, parameter), 'GET /?a=' + value, 'yes')

# transformations
for name, value, becomes in [
        ('none', 'A', 'A'), ('urlDecodeUni', '%2541%25u0042', 'AB'), ('lowercase', 'AbC', 'abc'), ('jsDecode', '%5Cx41%5Cu0042', 'AB'),
        ('htmlEntityDecode', '%26lt%3B%26%2365%3B', '<A'), ('utf8toUnicode', '%C3%A9', '%u00e9'), ('removeNulls', 'a%00b', 'ab'), ('cssDecode', '%5C41%20b', 'Ab'),
        ('cmdLine', 'C%5EA"T', 'cat'), ('removeWhitespace', 'a+b%09c', 'abc'), ('replaceComments', 'a/*x*/b', 'a b'), ('normalizePath', '/a/../b//c', '/b/c'),
        ('escapeSeqDecode', '%5Cx41%5C101', 'AA'), ('urlDecode', '%2541', 'A'), ('compressWhitespace', 'a++b%09c', 'a b c'),
        ('normalizePathWin', '%5Ca%5C..%5Cb', '/b'), ('normalisePath', '/a/./b', '/a/b'), ('base64Decode', 'QUI=', 'AB'), ('length', 'abcde', '5'),
        ('hexEncode', 'AB', '4142'), ('removeCommentsChar', 'a/*b--c', 'abc'), ('hexDecode', '4142', 'AB'), ('sqlHexDecode', '0x4142', 'AB'), ('trim', '+a+', 'a'),
        ('md5', 'a', None), ('sha1', 'a', None), ('base64Encode', 'AB', 'QUI='), ('urlEncode', 'a/b', 'a%2fb'), ('replaceNulls', 'a%00b', 'a b'), ('removeComments', 'a/*x*/b', 'ab')]:
    more = '' if becomes is not None else ',t:hexEncode'
    becomes = {'md5': '0cc175b9c0f1b6a831c399e269772661', 'sha1': '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'}.get(name, becomes)
    Row('transformations:' + name, 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,log,t:none,t:%s%s,msg:\'%%{MATCHED_VAR}\'"' % (name, more), 'GET /?a=' + value, becomes)

# actions
Row('actions:deny actions:status', 'SecRule ARGS:a "@rx ." "id:1,phase:2,deny,status:406,msg:\'no\'"', 'GET /?a=1', 'no', 406)
Row('actions:block actions:log actions:pass directives:SecDefaultAction defaultaction:phase:2', 'SecDefaultAction "phase:2,log,deny,status:409"\nSecRule ARGS:a "@rx ." "id:1,phase:2,block,msg:\'no\'"',
    'GET /?a=1', 'no', 409)
Row('actions:redirect', 'SecRule ARGS:a "@rx ." "id:1,phase:2,redirect:http://x/%{ARGS.a},msg:\'no\'"', 'GET /?a=1', 'no', 302)
Row('actions:nolog', 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,nolog,msg:\'no\'"', 'GET /?a=1', '')
Row('actions:noauditlog actions:auditlog', 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,log,noauditlog,msg:\'a\'"\nSecRule ARGS:a "@rx ." "id:2,phase:2,pass,log,auditlog,msg:\'b\'"', 'GET /?a=1', 'a b')
Row('actions:capture', 'SecRule ARGS:a "@rx (.)(.)?x" "id:1,phase:2,pass,log,capture,msg:\'%{TX.0}-%{TX.1}-%{TX.2}\'"', 'GET /?a=bcx&a=dx', 'bcx-b-c dx-d-')
Row('actions:skipAfter flow:skipAfter directives:SecMarker', 'SecAction "id:1,phase:2,pass,nolog,skipAfter:END"\nSecAction "id:2,phase:2,pass,log,msg:\'a\'"\nSecMarker END\n'
    'SecAction "id:3,phase:2,pass,log,msg:\'b\'"', 'GET /', 'b')
Row('actions:skip actions:ctl', 'SecAction "id:1,phase:2,pass,nolog,skip:2"\nSecAction "id:2,phase:2,pass,log,msg:\'a\'"\nSecAction "id:3,phase:1,pass,log,msg:\'p\'"\nSecRule ARGS "@rx ." "id:4,phase:2,pass,log,chain,msg:\'b\'"\n'
    'SecRule ARGS "@rx ."\nSecAction "id:5,phase:2,pass,log,msg:\'c\'"', 'GET /?a=1', 'p c')
Row('actions:chain actions:skipAfter', 'SecRule ARGS:a "@rx 1" "id:1,phase:2,pass,log,msg:\'a\',chain,skipAfter:END"\nSecRule ARGS:b "@rx 1"\nSecAction "id:2,phase:2,pass,log,msg:\'b\'"\nSecMarker END',
    'GET /?a=1', 'b')
Row('actions:chain actions:skipAfter', 'SecRule ARGS:a "@rx 1" "id:1,phase:2,pass,log,msg:\'a\',chain,skipAfter:END"\nSecRule ARGS:b "@rx 1"\nSecAction "id:2,phase:2,pass,log,msg:\'b\'"\nSecMarker END',
    'GET /?a=1&b=1', 'a')
for form, said in (('allow', '5'), ('allow:phase', '2 3 4 5'), ('allow:request', '3 4 5')):
    Row('actions:' + form, 'SecAction "id:9,phase:1,%s,nolog"\nSecAction "id:8,phase:1,pass,log,msg:\'1\'"\n' % form
        + '\n'.join('SecAction "id:%d,phase:%d,pass,log,msg:\'%d\'"' % (n, n, n) for n in (2, 3, 4, 5)), 'GET /', said)
Row('actions:multiMatch', 'SecRule ARGS:a "@rx b" "id:1,phase:2,pass,log,multiMatch,t:none,t:lowercase,t:length,msg:\'%{MATCHED_VAR}\'"', 'GET /?a=Bb', 'Bb bb')
Row('actions:multiMatch transformations:utf8toUnicode', 'SecRule ARGS:a "@streq xy" "id:1,phase:2,pass,log,multiMatch,t:none,t:utf8toUnicode,t:removeNulls,msg:\'%{MATCHED_VAR}\'"', 'GET /?a=xy%00',
    'xy', otherwise='2.9.7 loses the zero byte in utf8toUnicode without a word, and asks nobody about what is left')
Row('variables:MATCHED_VARS', 'SecRule ARGS "@rx a" "id:1,phase:2,pass,log,msg:\'all of it\',chain"\nSecRule MATCHED_VARS "@rx z" "t:none"', 'GET /?b=a%00z',
    'all of it', otherwise='2.9.7 cuts MATCHED_VARS at a zero byte')
Row('operators:contains', 'SecRule ARGS "@contains <b c=\\"d\\">" "id:1,phase:2,pass,log,t:none,msg:\'e\\\'s\'"', 'GET /?a=x%3Cb+c=%22d%22%3E', "e's")
Row('actions:logdata actions:severity severity:CRITICAL actions:tag actions:ver actions:msg actions:id actions:phase actions:t', 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,log,logdata:\'%{MATCHED_VAR}\',severity:CRITICAL,tag:\'a/b\','
    'ver:\'x\',rev:1,maturity:1,accuracy:2,msg:\'%{ARGS.a}\'"', 'GET /?a=1', '1')
Row('actions:drop', 'SecRule ARGS:a "@rx ." "id:1,phase:2,drop,msg:\'no\'"', 'GET /?a=1', 'no', -1)
Row('actions:setvar setvar:tx:_=+_add_[val-macro] setvar:tx:_=_assign_[val-literal] setvar:tx:_=_assign_[val-macro] setvar:tx:_=_assign_[key-macro_val-macro] setvar:tx:_=+_add_[key-macro_val-literal] '
    'setvar:tx:_=+_add_[val-literal] macros:TX.* macros:MATCHED_VAR_NAME macros:MATCHED_VAR macros:ARGS.* macros:REMOTE_ADDR macros:REQUEST_LINE macros:REQUEST_HEADERS.* macros_where:setvar',
    '''SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=5,setvar:tx.b=%{tx.a},setvar:tx.b=+%{tx.a},setvar:tx.b=+1,setvar:tx.b=-3,setvar:'tx.n_%{tx.a}=%{tx.b}',setvar:'tx.m_%{tx.a}=+2',setvar:tx.c,setvar:tx.d=-7,setvar:tx.e=1,setvar:!tx.e"
SecRule ARGS:x "@rx ." "id:2,phase:1,pass,log,msg:'%{tx.a} %{tx.b} %{tx.n_5} %{tx.m_5} %{tx.c} %{tx.d} [%{tx.e}] %{MATCHED_VAR_NAME} %{MATCHED_VAR} %{ARGS.x} %{REMOTE_ADDR} %{REQUEST_LINE} %{REQUEST_HEADERS.x-a}'"''',
    'GET /?x=1\nX-A: h', '5 8 8 2 1 0 [] ARGS:x 1 1 127.0.0.1 GET /?x=1 HTTP/1.1 h')
Row('macros:RULE.* setvar:ip:_=_assign_[val-macro]', '''SecRule ARGS:a "@rx ." "id:7,phase:2,pass,log,severity:2,msg:'m %{MATCHED_VAR}',chain"
SecRule ARGS:a "@rx ." "setvar:'tx.m=%{rule.msg}/%{rule.id}/%{rule.severity}'"
SecAction "id:8,phase:2,pass,log,msg:'%{tx.m}'"''', 'GET /?a=1', 'm 1 m %{MATCHED_VAR}/7/2')
Row('actions:xmlns', 'SecRule REQUEST_METHOD "@rx ." "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\nSecRule XML:/s:a/s:b "@rx ." "id:1,phase:2,pass,log,xmlns:s=http://s,msg:\'%{MATCHED_VAR}\'"',
    'POST /\nContent-Type: text/xml\n\n<a xmlns="http://s"><b>2</b></a>', '2')
Row('actions:t t_chains:sha1,hexEncode', 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,log,t:none,t:sha1,t:hexEncode,msg:\'%{MATCHED_VAR}\'"', 'GET /?a=a', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8')
Row('rule_kinds:SecAction directives:SecAction', 'SecAction "id:1,phase:1,pass,log,msg:\'a\'"', 'GET /', 'a')
Row('rule_kinds:SecRule_(chain_child) directives:SecRule phases:1 phases:2 phases:5', 'SecRule ARGS:a "@rx ." "id:1,phase:5,pass,log,msg:\'5\'"\nSecRule ARGS:a "@rx ." "id:2,phase:2,pass,log,msg:\'2\'"\n'
    'SecRule ARGS:a "@rx ." "id:3,phase:1,pass,log,msg:\'1\'"', 'GET /?a=1', '1 2 5')

# ctl
RULES = 'SecRule ARGS "@rx evil" "id:11,phase:2,pass,log,tag:t1,msg:\'11 %{MATCHED_VAR_NAME}\'"\nSecRule ARGS|ARGS_NAMES "@rx evil" "id:12,phase:2,pass,log,tag:t2,msg:\'12 %{MATCHED_VAR_NAME}\'"\n' \
        'SecRule REQUEST_COOKIES|REQUEST_FILENAME "@rx evil" "id:13,phase:2,pass,log,tag:t2,msg:\'13 %{MATCHED_VAR_NAME}\'"'
for ctl, said in [
        ('ruleRemoveById=11', '12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'), ('ruleRemoveById=11-12', '13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveByTag=t2', '11 ARGS:a 11 ARGS:b'), ('ruleRemoveByMsg=^11', '12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetById=11;ARGS:a', '11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetById=11-12;ARGS:a', '11 ARGS:b 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetById=11;ARGS', '12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetByTag=t2;ARGS:a', '11 ARGS:a 11 ARGS:b 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetByTag=t2;REQUEST_FILENAME', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c'),
        ('ruleRemoveTargetById=13;REQUEST_COOKIES:c', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetById=13;REQUEST_COOKIES', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetByTag=t2;REQUEST_COOKIES:c', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetById=12;ARGS_NAMES', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleRemoveTargetByMsg=^11;ARGS:b', '11 ARGS:a 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('ruleEngine=Off', ''), ('ruleEngine=DetectionOnly', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('auditEngine=Off', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME'),
        ('auditLogParts=+E', '11 ARGS:a 11 ARGS:b 12 ARGS:a 12 ARGS:b 13 REQUEST_COOKIES:c 13 REQUEST_FILENAME')]:
    Row('ctl:' + ctl.split('=')[0], 'SecAction "id:1,phase:1,pass,nolog,ctl:%s"\n' % ctl + RULES, 'GET /evil?a=evil&b=evil\nCookie: c=evil', said)
Row('ctl:forceRequestBodyVariable ctl:requestBodyAccess', 'SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"\nSecRule REQUEST_BODY "@rx ." "id:2,phase:2,pass,log,msg:\'%{MATCHED_VAR}\'"',
    'POST /\nContent-Type: text/x\n\nraw', 'raw')
Row('ctl:requestBodyAccess', 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyAccess=Off"\nSecRule ARGS "@rx ." "id:2,phase:2,pass,log,msg:\'%{MATCHED_VAR}\'"', 'POST /\n' + FORM + '\n\na=1', '')
Row('ctl:requestBodyProcessor', 'SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=URLENCODED"\nSecRule ARGS|REQUEST_BODY "@rx ." "id:2,phase:2,pass,log,msg:\'%{MATCHED_VAR}\'"',
    'POST /\nContent-Type: text/x\n\na=1', '1 a=1')
Row('ctl:responseBodyAccess', 'SecAction "id:1,phase:1,pass,nolog,ctl:responseBodyAccess=Off"\nSecRule RESPONSE_BODY "@rx ." "id:2,phase:4,pass,log,msg:\'%{MATCHED_VAR}\'"', 'GET /', '')
Row('ctl:requestBodyLimit', 'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyLimit=3"\nSecRule ARGS "@rx ." "id:2,phase:2,pass,log,msg:\'%{MATCHED_VAR}\'"', 'POST /\n' + FORM + '\n\na=12345', '', 413)

# directives
Row('directives:SecRuleUpdateTargetById extra:SecRuleUpdateTargetById_form:_N_!REQUEST_COOKIES:/^_ga(?:_\\w+)?$/', 'SecRule REQUEST_COOKIES|ARGS "@rx evil" "id:1,phase:2,pass,log,msg:\'%{MATCHED_VAR_NAME}\'"\n'
    'SecRuleUpdateTargetById 1 "!REQUEST_COOKIES:/^_ga(?:_\\w+)?$/"\nSecRuleUpdateTargetById 1 "!ARGS:json.profile"', 'GET /?a=evil&json.profile=evil\nCookie: _ga=evil; _ga_x=evil; _gax=evil',
    'REQUEST_COOKIES:_gax ARGS:a')
Row('directives:SecRuleUpdateTargetByTag', 'SecRule ARGS "@rx evil" "id:1,phase:2,pass,log,tag:\'attack-x\',msg:\'%{MATCHED_VAR_NAME}\'"\nSecRuleUpdateTargetByTag attack "!ARGS:a"', 'GET /?a=evil&b=evil', 'ARGS:b')
Row('directives:SecRuleRemoveById', 'SecRule ARGS "@rx evil" "id:1,phase:2,pass,log,msg:\'a\'"\nSecRule ARGS "@rx evil" "id:2,phase:2,pass,log,msg:\'b\'"\nSecRuleRemoveById 1', 'GET /?a=evil', 'b')
Row('directives:SecRuleRemoveByTag', 'SecRule ARGS "@rx evil" "id:1,phase:2,pass,log,tag:x,msg:\'a\'"\nSecRule ARGS "@rx evil" "id:2,phase:2,pass,log,msg:\'b\'"\nSecRuleRemoveByTag x', 'GET /?a=evil', 'b')
Row('directives:SecRuleUpdateActionById', 'SecRule ARGS "@rx evil" "id:1,phase:2,pass,log,msg:\'a\'"\nSecRuleUpdateActionById 1 "deny,status:411"', 'GET /?a=evil', 'a', 411)
Row('directives:SecComponentSignature', 'SecComponentSignature "OWASP_CRS/4"\nSecAction "id:1,phase:1,pass,log,msg:\'a\'"', 'GET /', 'a')
Row('directives:SecArgumentsLimit', 'SecRule &ARGS|REQBODY_ERROR "@rx ." "id:1,phase:2,pass,log,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"', 'POST /\n' + FORM + '\n\na=1&b=2&c=3', 'ARGS=2 REQBODY_ERROR=1', setup='SecArgumentsLimit 2\n')
Row('directives:SecRequestBodyJsonDepthLimit', 'SecRule REQUEST_METHOD "@rx ." "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"\nSecRule REQBODY_ERROR "@eq 1" "id:1,phase:2,pass,log,msg:\'deep\'"',
    'POST /\nContent-Type: application/json\n\n{"a":{"b":{"c":1}}}', 'deep', setup='SecRequestBodyJsonDepthLimit 1\n')
Row('directives:SecRequestBodyNoFilesLimit', 'SecAction "id:1,phase:2,pass,log,msg:\'a\'"', 'POST /\n' + FORM + '\n\na=1234567890', '', 413, setup='SecRequestBodyNoFilesLimit 8\n')
Row('directives:SecRequestBodyLimit', 'SecAction "id:1,phase:2,pass,log,msg:\'a\'"', 'POST /\n' + FORM + '\n\na=1234567890', '', 413, setup='SecRequestBodyLimit 8\nSecRequestBodyNoFilesLimit 8\n')
Row('directives:SecResponseBodyLimit', 'SecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass,log,msg:\'a\'"', 'GET /', '', 500, response='200\nContent-Type: text/html\n\n1234567890', setup='SecResponseBodyLimit 8\nSecResponseBodyLimitAction Reject\n')
Row('directives:SecResponseBodyMimeType', 'SecRule RESPONSE_BODY "@rx ." "id:1,phase:4,pass,log,msg:\'%{MATCHED_VAR}\'"', 'GET /', 'x', response='200\nContent-Type: application/x; a=b\n\nx', setup='SecResponseBodyMimeType application/x\n')
Row('directives:SecUnicodeMapFile', 'SecRule ARGS:a "@rx ." "id:1,phase:2,pass,log,t:none,t:urlDecodeUni,msg:\'%{MATCHED_VAR}\'"', 'GET /?a=%25u0107%25uff41%25u2025', 'ca%', setup='SecUnicodeMapFile /etc/modsecurity/unicode.mapping 20127\n')
Row('directives:SecArgumentSeparator', 'SecRule ARGS "@rx ." "id:1,phase:2,pass,log,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"', 'GET /?a=1;b=2', 'ARGS:a=1 ARGS:b=2', setup='SecArgumentSeparator ;\n')
Row('directives:SecCookieFormat', 'SecRule REQUEST_COOKIES "@rx ." "id:1,phase:2,pass,log,msg:\'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}\'"', 'GET /\nCookie: $Version=1; a=1', 'REQUEST_COOKIES:$Version=1 REQUEST_COOKIES:a=1', setup='SecCookieFormat 1\n')
Row('extra:regex_selector_TX:/^header_name_920450_/ extra:regex_selector_TX:/paramcounter_.*/', '''SecRule REQUEST_HEADERS_NAMES "@rx ^x-" "id:1,phase:1,pass,nolog,t:none,t:lowercase,setvar:'tx.header_name_920450_%{MATCHED_VAR}=/%{MATCHED_VAR}/'"
SecRule TX:/^header_name_920450_/ "@within %{tx.restricted} /x-a/" "id:2,phase:1,pass,log,msg:'%{MATCHED_VAR_NAME}'"''', 'GET /\nX-A: 1\nX-B: 2', 'TX:header_name_920450_x-a')
Row("extra:regex_selector_&TX:'/WEB_ATTACK/'", '''SecAction "id:1,phase:1,pass,nolog,setvar:'tx.1-WEB_ATTACK/SQL-ARGS=x'"
SecRule &TX:'/WEB_ATTACK/' "@ge 1" "id:2,phase:1,pass,log,msg:'%{MATCHED_VAR}'"''', 'GET /', '1')
Row('extra:macro_in_msg', '''SecRule ARGS "@rx ." "id:1,phase:2,pass,log,msg:'%{tx.no}%{MATCHED_VAR}%{nothing'"''', 'GET /?a=1', '1%{nothing')
Row('extra:capture_rules', '''SecRule ARGS "@rx (a)(b)" "id:1,phase:2,pass,nolog,capture"
SecRule ARGS "@rx (c)" "id:2,phase:2,pass,nolog,capture"
SecAction "id:3,phase:2,pass,log,msg:'%{tx.0}-%{tx.1}-%{tx.2}'"''', 'GET /?a=abc', 'c-c-')

# how rules, chains and values go together
def tells(tags, rules, request='GET /?a=1&b=2&c=3', **more):
    """Rules are written without ids and quotes around actions: each line "TARGETS OPERATOR ; ACTIONS"; what they say is in feature_answers.json."""
    text = ''
    for number, line in enumerate(rules.strip().split('\n'), 1):
        what, _, actions = line.strip().partition(' ; ')
        target, _, operator = what.partition(' ')
        is_chained = number > 1 and 'chain' in (rules.strip().split('\n')[number - 2].partition(' ; ')[2])
        actions = ','.join(([] if is_chained else ['id:%d' % number] + ([] if 'phase:' in actions else ['phase:2'])) + ([actions] if actions else []))
        text += ('SecAction "%s"\n' % actions) if target == 'ACTION' else what + '\n' if target.startswith('Sec') else 'SecRule %s "%s"%s\n' % (target, operator, actions and ' "%s"' % actions)
    Row('engine:' + tags, text, request, '?', **more)


TX = "ACTION ; pass,log,msg:'%s'"
Row('extra:actions_that_are_none', 'SecRule ARGS:a "@rx 1" "id:1,phase:2,pass,log,msg:\'yes\',chain"\n  SecRule ARGS:b "@rx 2" ""', 'GET /?a=1&b=2', 'yes')
for actions in ('deny,block', 'block,deny', 'pass,block', 'allow,block', "redirect:'http://x/',block", 'block'):
    tells('block-beside-another', "SecDefaultAction \"phase:2,log,deny,status:404\"\nACTION ; phase:2,log,msg:'one',%s\n" % actions + TX % 'two')
    tells('block-beside-another', "SecDefaultAction \"phase:2,log,pass\"\nACTION ; phase:2,log,status:403,msg:'one',%s\n" % actions + TX % 'two')
tells('members-of-rules', "RULE:ver|RULE:accuracy|RULE:maturity|RULE:rev ^ ; pass,log,ver:'v/1',accuracy:3,maturity:4,rev:2,msg:'%{MATCHED_VAR}'\n"
      "RULE:ver|RULE:accuracy|RULE:maturity|RULE:rev ^ ; pass,log,msg:'none'")
tells('chain-setvar', "ARGS:a @rx 1 ; pass,nolog,setvar:tx.x=1,chain\nARGS:b @rx 9 ; setvar:tx.y=1\n" + TX % 'x=%{tx.x} y=%{tx.y}')
tells('chain-actions-of-each-value', "ARGS @rx . ; pass,log,msg:'m %{tx.n}',setvar:tx.n=+1,chain\nARGS @rx . ; setvar:tx.m=+1\n" + TX % 'n=%{tx.n} m=%{tx.m}')
tells('chain-starter-logs-the-last-match', "ARGS:a @rx 1 ; pass,log,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}',chain\nARGS:b @rx 2 ; chain\nARGS:c @rx 3")
tells('chain-captures', "ARGS:a @rx (1) ; pass,log,capture,msg:'%{tx.0}%{tx.1}',chain\nARGS:b @rx (2) ; capture")
tells('chain-captures-go-on', "ARGS:a @rx (1) ; pass,log,capture,msg:'%{tx.1}',chain\nTX:1 @streq 1")
tells('chain-deny', "ARGS:a @rx 1 ; deny,status:404,log,msg:'d',chain\nARGS:b @rx 2")
tells('chain-nolog', "ARGS:a @rx 1 ; pass,nolog,msg:'d',chain\nARGS:b @rx 2")
tells('chain-ctl', "ARGS:a @rx 1 ; pass,nolog,chain\nARGS:b @rx 2 ; ctl:ruleRemoveById=3\nARGS @rx . ; pass,log,msg:'no'\n" + TX % 'yes')
tells('chain-negated', "ARGS !@rx 1 ; pass,log,msg:'%{MATCHED_VAR}',chain\nARGS:a !@rx 2")
tells('chain-matched-vars', "ARGS @rx [12] ; pass,log,msg:'m',chain\nMATCHED_VARS @rx 2 ; setvar:tx.v=+1\n" + TX % '%{tx.v}')
tells('chain-matched-vars-names', "ARGS @rx [12] ; pass,log,msg:'%{MATCHED_VARS_NAMES} %{MATCHED_VARS}',chain\nMATCHED_VARS_NAMES @rx ARGS ; setvar:tx.v=+1\n" + TX % '%{tx.v}')
tells('matched-vars-of-a-rule-that-did-not-match', "ARGS @rx 1 ; pass,nolog\nMATCHED_VARS @rx . ; pass,log,msg:'%{MATCHED_VAR}'")
tells('matched-var-later', "ARGS @rx 1 ; pass,nolog\n" + TX % '[%{MATCHED_VAR_NAME}=%{MATCHED_VAR}]')
tells('matched-var-with-transformations', "ARGS:a @rx . ; pass,log,t:hexEncode,msg:'%{MATCHED_VAR}'")
tells('values-set-in-order', "ARGS @rx . ; pass,nolog,setvar:tx.last=%{MATCHED_VAR},setvar:tx.all=%{tx.all}%{MATCHED_VAR}\n" + TX % '%{tx.last} %{tx.all}')
tells('names-any-case', "ACTION ; pass,nolog,setvar:TX.Foo=1,setvar:tx.foo=+1\nTX:FOO @eq 2 ; pass,log,msg:'%{tx.fOO} %{MATCHED_VAR_NAME}'")
tells('captures-cleared', "ARGS:a @rx (1)(x)? ; pass,nolog,capture\nARGS:b @rx (2) ; pass,nolog\n" + TX % '%{tx.0}-%{tx.1}-%{tx.2}')
tells('captures-of-no-match', "ARGS:a @rx (1) ; pass,nolog,capture\nARGS:b @rx (9) ; pass,nolog,capture\n" + TX % '%{tx.0}')
tells('captures-of-pm', "ARGS:a @pm 1 2 ; pass,log,capture,msg:'%{tx.0}'")
tells('captures-of-many', "ARGS:d @rx (.)(.)(.)(.)(.)(.)(.)(.)(.)(.) ; pass,log,capture,msg:'%{tx.0}/%{tx.9}/%{tx.10}'", 'GET /?d=abcdefghij')
tells('captures-of-negated', "ARGS:a !@rx (9) ; pass,log,capture,msg:'[%{tx.0}]'")
tells('counts-of-tx', "ACTION ; pass,nolog,setvar:tx.p1=1,setvar:tx.p2=2\n&TX:/^p/ @eq 2 ; pass,log,msg:'%{MATCHED_VAR}'\n&TX:none @eq 0 ; pass,log,msg:'none'")
tells('tx-that-is-none', "TX:none @rx ^$ ; pass,log,msg:'no'\nTX:none !@rx x ; pass,log,msg:'no'\nARGS:none !@rx x ; pass,log,msg:'no'")
tells('skip-after-in-a-chain', "ARGS:a @rx 1 ; pass,nolog,skipAfter:END,chain\nARGS:b @rx 2\n" + TX % 'no' + "\nSecMarker END\n" + TX % 'yes')
tells('skip-over-a-chain', "ARGS:a @rx 1 ; pass,nolog,skip:1\nARGS:a @rx 1 ; pass,log,msg:'no',chain\nARGS:b @rx 2\n" + TX % 'yes')
tells('skip-after-an-id', "ARGS:a @rx 1 ; pass,nolog,skipAfter:2\n" + TX % 'no' + "\n" + TX % 'yes')
tells('deny-ends-the-phase', "ARGS:a @rx 1 ; deny,status:404,log,msg:'d'\n" + TX % 'no' + "\nACTION ; phase:5,pass,log,msg:'five'")
tells('deny-ends-the-values', "ARGS @rx . ; deny,status:404,log,msg:'%{MATCHED_VAR}'")
tells('deny-in-phase-3', "RESPONSE_STATUS @rx . ; phase:3,deny,status:404,log,msg:'d'")
tells('deny-in-phase-4', "RESPONSE_BODY @rx ok ; phase:4,deny,status:404,log,msg:'d'")
tells('phase-5-after-deny', "ARGS:a @rx 1 ; phase:1,deny,status:404,nolog,setvar:tx.x=1\nTX:x @eq 1 ; phase:5,pass,log,msg:'x'\nACTION ; phase:3,pass,log,msg:'three'")
tells('block-by-default', "SecDefaultAction \"phase:2,log,auditlog,deny,status:404\"\nARGS:a @rx 1 ; block,msg:'b'")
tells('defaults-transform', "SecDefaultAction \"phase:2,log,auditlog,pass,t:lowercase\"\nARGS:d @rx abc ; msg:'one'\nARGS:d @rx ABC ; t:none,msg:'two'\nARGS:d @rx 616263 ; t:hexEncode,msg:'three'", 'GET /?d=ABC')
tells('severity', "ARGS:a @rx 1 ; pass,nolog,severity:WARNING\nARGS:b @rx 9 ; pass,nolog,severity:CRITICAL\nHIGHEST_SEVERITY @rx . ; pass,log,msg:'%{MATCHED_VAR}'")
tells('engine-off-in-the-middle', "ARGS:a @rx 1 ; pass,log,msg:'one',ctl:ruleEngine=Off\n" + TX % 'two')
tells('detection-only', "ARGS:a @rx 1 ; phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly\nARGS:a @rx 1 ; deny,status:404,log,msg:'d'\n" + TX % 'two' + "\nARGS:a @rx 1 ; allow,log,msg:'a'\n" + TX % 'three')
tells('remove-by-id-of-itself', "ARGS:a @rx 1 ; pass,log,msg:'one',ctl:ruleRemoveById=1-2\n" + TX % 'two' + "\n" + TX % 'three')
tells('remove-target-of-a-chain-and-of-one-alone', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:b\nARGS:a @rx 1 ; pass,log,msg:'one',chain\nARGS @rx 2\nARGS @rx 2 ; pass,log,msg:'two'")
for by in ('ById=2', 'ByTag=t', 'ByMsg=one'):
    tells('remove-target-of-a-chain-' + by, "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTarget" + by + ";ARGS:b\nARGS @rx [12] ; pass,log,msg:'one',tag:'t',chain\nARGS @rx 2")
tells('remove-target-of-a-chain-by-directive', "ARGS @rx [12] ; pass,log,msg:'one',tag:'t',chain\nARGS @rx 2\nSecRuleUpdateTargetById 1 !ARGS:b")
for directive in ('SecRuleUpdateTargetById 1 !ARGS:b', 'SecRuleUpdateTargetById 1 !ARGS:a', 'SecRuleUpdateTargetById 1 ARGS:c', 'SecRuleUpdateTargetByTag t !ARGS:b', 'SecRuleUpdateTargetByMsg m !ARGS:b'):
    tells('update-target-of-a-chain', "ARGS|REQUEST_METHOD @rx [1G] ; pass,log,msg:'m %{MATCHED_VAR_NAME}',tag:'t',chain\nARGS @rx [23]\n" + directive)
tells('remove-target-by-regex', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:/^[ab]$/\nARGS @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'")
tells('remove-target-names', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=x;ARGS_NAMES:a\nARGS_NAMES|ARGS @rx . ; pass,log,tag:'x',msg:'%{MATCHED_VAR_NAME}'")
tells('remove-target-any-case', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:A\nARGS @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'")
tells('remove-target-header', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;REQUEST_HEADERS:x-a\nREQUEST_HEADERS:/^x-/ @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'", 'GET /\nX-A: 1\nX-B: 2')
tells('remove-target-count', "ACTION ; phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:a\n&ARGS @rx . ; pass,log,msg:'%{MATCHED_VAR}'")
tells('macro-of-collections', "ARGS:a @rx 1 ; pass,log,msg:'%{ARGS}|%{ARGS.b}|%{ARGS_NAMES}|%{TX}|%{tx.}|%{nothing}|%{|%{tx.a'")
tells('macro-in-names', "ACTION ; pass,nolog,setvar:tx.%{ARGS.a}_%{ARGS.b}=%{ARGS.c}\nTX:1_2 @eq 3 ; pass,log,msg:'yes'")
tells('setvar-signs', "ACTION ; pass,nolog,setvar:tx.s=5\nACTION ; pass,nolog,setvar:tx.v=%{tx.plus}+3,setvar:tx.s=-2,setvar:tx.t=+x,setvar:tx.u=+3x,setvar:'tx.w= 7'\n" + TX % '%{tx.v}|%{tx.s}|%{tx.t}|%{tx.u}|%{tx.w}')
tells('setvar-empty', "ACTION ; pass,nolog,setvar:tx.v=,setvar:tx.w=5,setvar:tx.w=+\nTX:v @rx ^$ ; pass,log,msg:'empty'\n" + TX % '%{tx.w}')
tells('multi-match-each', "ARGS:d @rx [aA] ; pass,log,multiMatch,t:none,t:lowercase,t:urlDecode,t:removeNulls,msg:'%{MATCHED_VAR}'", 'GET /?d=A%2541')
tells('multi-match-setvar', "ARGS:d @rx . ; pass,nolog,multiMatch,t:none,t:lowercase,t:hexEncode,setvar:tx.n=+1\n" + TX % '%{tx.n}', 'GET /?d=A')
tells('transform-of-names', "ARGS_NAMES @rx ^a$ ; pass,log,t:lowercase,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'", 'GET /?A=1')
tells('length-compared', "ARGS @gt 3 ; pass,log,t:length,msg:'%{MATCHED_VAR_NAME} %{MATCHED_VAR}'", 'GET /?a=abc&b=abcd')
tells('within-macro', "ACTION ; phase:1,pass,nolog,setvar:'tx.methods=GET HEAD POST'\nREQUEST_METHOD !@within %{tx.methods} ; pass,log,msg:'no'\nREQUEST_METHOD @within %{tx.methods} ; pass,log,msg:'yes'")
tells('within-empty', "ARGS:d @within abc ; pass,log,msg:'yes'\nARGS:d @contains x ; pass,log,msg:'no'\nARGS:d @streq %{tx.none} ; pass,log,msg:'streq'\nARGS:d @pm a b ; pass,log,msg:'no'", 'GET /?d=')
tells('rx-dotall-and-dollar', "ARGS:d @rx a.b ; pass,log,msg:'dot'\nARGS:d @rx ^a$ ; pass,log,msg:'no'\nARGS:d @rx b$ ; pass,log,msg:'dollar'", 'GET /?d=a%0ab')
tells('rx-dollar-before-newline', "ARGS:d @rx b$ ; pass,log,msg:'no'", 'GET /?d=ab%0a')
tells('time', "TIME @rx ^20\\d{12}$ ; pass,log,msg:'t'\nTIME_DAY @rx ^\\d\\d$ ; pass,log,msg:'d'\nTIME_HOUR @rx ^\\d\\d$ ; pass,log,msg:'h'\nTIME_MIN @rx ^\\d\\d$ ; pass,log,msg:'m'\n"
      "TIME_MON @rx ^(0[1-9]|1[012])$ ; pass,log,msg:'mon'\nTIME_SEC @rx ^\\d\\d$ ; pass,log,msg:'s'\nTIME_WDAY @rx ^[0-6]$ ; pass,log,msg:'w'\nTIME_YEAR @rx ^20\\d\\d$ ; pass,log,msg:'y'\nTIME_EPOCH @gt 1700000000 ; pass,log,msg:'e'")
tells('allow-in-a-chain', "ARGS:a @rx 1 ; allow,nolog,chain\nARGS:b @rx 2\n" + TX % 'no')
tells('status-without-deny', "ARGS:a @rx 1 ; pass,status:404,log,msg:'p'")
tells('redirect-status', "ARGS:a @rx 1 ; redirect:'http://x/?%{ARGS.a}',status:301,log,msg:'r'")
tells('noauditlog', "ARGS:a @rx 1 ; pass,log,noauditlog,msg:'a'\nARGS:a @rx 1 ; pass,nolog,auditlog,msg:'b'")
tells('xml-request-body', "REQUEST_HEADERS:Content-Type @rx xml ; phase:1,pass,nolog,ctl:requestBodyProcessor=XML\nREQUEST_BODY @rx . ; pass,log,msg:'b'\nXML:/* @rx 1 ; pass,log,msg:'x'\nARGS @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'",
      'POST /?q=5\nContent-Type: text/xml\n\n<a>1</a>')
tells('cookies-of-two-kinds', "REQUEST_COOKIES:/^a/ @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\n&REQUEST_COOKIES @rx . ; pass,log,msg:'%{MATCHED_VAR}'", 'GET /\nCookie: a1=x; a2=y; b=z')
tells('env-and-tx', "ACTION ; pass,nolog,setenv:e=%{ARGS.a},setvar:tx.e=%{ENV.e}\n" + TX % '%{ENV.e}%{tx.e}')
tells('head-without-a-body', "&REQUEST_HEADERS:Content-Length @eq 0 ; pass,log,msg:'none'\nREQUEST_BODY_LENGTH @eq 0 ; pass,log,msg:'0'\nREQBODY_PROCESSOR @rx ^$ ; pass,log,msg:'p'")
tells('names-with-a-dot', "REQUEST_HEADERS:x.y_z @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME} %{REQUEST_HEADERS.x.y_z}'\nARGS:p.q @rx . ; pass,log,msg:'%{ARGS.p.q}'", 'GET /?p.q=1\nX.Y_Z: 2')
tells('quoted-selectors', "ARGS:'/^c|d/' @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'", 'GET /?a+b=1&c=2&d=3')
tells('regex-selectors-any-case', "ARGS:/^AB/ @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}'\nTX:/^ZZ/ @rx . ; pass,log,msg:'no'", 'GET /?abc=1')
tells('url-encoded-twice', "ARGS:a @rx < ; pass,log,msg:'no'\nARGS:a @rx < ; pass,log,t:urlDecodeUni,msg:'yes'", 'GET /?a=%253c')
tells('response-headers', "RESPONSE_HEADERS:/^x-/ @rx . ; phase:3,pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\n&RESPONSE_HEADERS:x-a @eq 2 ; phase:3,pass,log,msg:'two'", response='200\nX-A: 1\nx-b: 2\nX-A: 3\n\nok')
tells('response-status-in-phase-5', "RESPONSE_STATUS @rx ^5 ; phase:5,pass,log,msg:'%{RESPONSE_STATUS}'", response='502\nX-A: 1\n\nok')
tells('body-in-phase-5', "RESPONSE_BODY @rx ok ; phase:5,pass,log,msg:'body'\nARGS:a @rx 1 ; phase:5,pass,log,msg:'arg'")
tells('nothing-asked', "QUERY_STRING @rx ^ ; pass,log,msg:'no'\nRESPONSE_STATUS @rx ^ ; pass,log,msg:'%{MATCHED_VAR}'\nMATCHED_VAR|MATCHED_VAR_NAME @rx ^ ; pass,log,msg:'%{MATCHED_VAR}'", 'GET /')
tells('an-empty-query', "QUERY_STRING @rx ^ ; pass,log,msg:'[%{MATCHED_VAR}]'", 'GET /?')
tells('json-is-in-args-only', "ACTION ; phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\nARGS|ARGS_POST|ARGS_NAMES|ARGS_POST_NAMES|&ARGS_POST|ARGS_COMBINED_SIZE @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'",
      'POST /?q=1\nContent-Type: application/json\n\n{"a":"b"}')
tells('names-of-matched-vars', "ARGS @rx 1 ; pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}',chain\nMATCHED_VARS @rx 1")
tells('names-that-are-not-printed', "ARGS @rx 1 ; pass,log,msg:'%{MATCHED_VAR_NAME}'", 'GET /?%c3%a9%0a%5c%22=1')
tells('after-an-action', "ACTION ; pass,nolog\nMATCHED_VAR|MATCHED_VAR_NAME|MATCHED_VARS @rx . ; pass,log,msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'")

# bodies, cookies and queries: what is read of them, and how it is called
JSON = 'SecRule REQUEST_METHOD "@streq POST" "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"\n'
for text in ['[1,2]', '{"a":[{"b":1},[2,3]]}', '{"":1}', '{"a":1.5e3,"b":-0,"c":null,"d":"","e":false}', '{"a":"\\u00e9\\n"}', '{"a":1,"a":2}', '{"a":', '"x"', '5',
             '{"a.b":1}', '{}', '[]', '{"a":{}}', '{"a":[]}', '[[["x"]]]', '[{"a":1},{"a":2}]', ' {"a" : "b c"} ', '{"a":"<script>"}x', '{"a":"x"', '{\'a\':1}', '{"a":01}',
             '{"a":tru}', '{"json":{"json":1}}', '{"a":"\\ud83d\\ude00"}', '{"a":"\\u0000b"}', '', '[1,[2,[3,{"k":[4]}]]]', '{"a":{"b":{"c":{"d":"e"}}}}']:
    shows('bodies:JSON', 'ARGS|ARGS_NAMES|REQBODY_ERROR', 'POST /\nContent-Type: application/json\n\n' + text, '?', '@rx .')
    ROWS[-1].rules = JSON + ROWS[-1].rules
for text in ['a', 'a=', '=b', '&&', 'a=b=c', 'a=%00b', 'a=+%2b', 'a=1&a=2', 'a[b]=c', '%61=%62', 'a=%', 'a=%4', 'a=%zz&b=1', 'a;b=1', 'a=1&', '&a=1', 'a=%u0041', '?a=1', 'a=%26b%3dc']:
    shows('bodies:URLENCODED', 'ARGS|ARGS_NAMES|&ARGS|URLENCODED_ERROR', 'POST /\n' + FORM + '\n\n' + text, '?', '@rx ^')
    shows('bodies:query', 'ARGS|ARGS_NAMES|&ARGS|QUERY_STRING', 'GET /?' + text, '?', '@rx ^')
for text in ['a=1', 'a=1; b=2', 'a=1;b=2', 'a', 'a=', '=b', 'a=b=c', 'a="1;2"; b=3', ' a=1 ;  b = 2 ', 'a=%41', ';;a=1', 'a=1,b=2', '$Version=1; a=1; $Path=/', 'a=1;', 'a=1; a=2', 'a b=c d']:
    shows('bodies:cookies', 'REQUEST_COOKIES|REQUEST_COOKIES_NAMES|&REQUEST_COOKIES', 'GET /\nCookie: ' + text, '?', '@rx ^')
shows('bodies:cookies', 'REQUEST_COOKIES', 'GET /\nCookie: a=1\nCookie: b=2', '?', '@rx ^')
FLAGS = ('|MULTIPART_STRICT_ERROR|MULTIPART_UNMATCHED_BOUNDARY|REQBODY_ERROR|MULTIPART_BOUNDARY_QUOTED|MULTIPART_BOUNDARY_WHITESPACE|MULTIPART_DATA_BEFORE|MULTIPART_DATA_AFTER|MULTIPART_HEADER_FOLDING|'
         'MULTIPART_LF_LINE|MULTIPART_MISSING_SEMICOLON|MULTIPART_INVALID_QUOTING|MULTIPART_INVALID_PART|MULTIPART_INVALID_HEADER_FOLDING|MULTIPART_FILE_LIMIT_EXCEEDED|MULTIPART_CRLF_LF_LINES')
END = '--b--\r\n'
for kind, text in [
        ('b', part('a', '1') + END), ('b', part('a', '1')), ('b', 'x\r\n' + part('a', '1') + END), ('b', part('a', '1') + END + 'x'), ('b', part('a', '1').replace('\r\n', '\n') + '--b--\n'),
        ('"b"', part('a', '1') + END), ('b ; x=y', part('a', '1') + END), ('b', part('a', '1', '; filename=""') + END), ('b', part('a', '1', '; filename="x\\"y"') + END),
        ('b', part('a', '1', "; filename='x'") + END), ('b', part('a', '1', '; filename=x') + END), ('b', part('a', '1', "; filename*=UTF-8''x%20y") + END),
        ('b', part('a', '1', '; filename="x"\r\nContent-Type: text/plain') + END), ('b', part('a', '1', '\r\n X: folded') + END), ('b', part('a', '1', '\r\nX-A: b\r\n c') + END),
        ('b', '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n' + END), ('b', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n' + END), ('b', part('', '1') + END),
        ('b', part('a', '1') + part('a', '2') + END), ('b', part('a', '') + END), ('b', part('a', '1\r\n') + END), ('b', part('a', '1\r\n--bb\r\n2') + END), ('b', part('a', '--b') + END),
        ('b', '--b\r\nContent-Disposition: form-data; name="a"; name="c"\r\n\r\n1\r\n' + END), ('b', '--b\r\nContent-Disposition: form-data;name=a\r\n\r\n1\r\n' + END),
        ('b', '--b\r\nContent-Disposition: form-data; name=a b\r\n\r\n1\r\n' + END), ('b', '--b\r\ncontent-disposition: FORM-DATA; NAME="a"\r\n\r\n1\r\n' + END),
        ('b', '--b\r\nContent-Disposition: form-data name="a"\r\n\r\n1\r\n' + END), ('b', '--b\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n' + END), ('b', END), ('b', '--b\r\n'),
        ('b', '--b\r\n\r\nx\r\n' + END), ('b', part('a', '1', '; filename="../../x"') + END), ('b', part('a', '1', '; x="y"') + END), ('c', part('a', '1') + END), ('', part('a', '1') + END),
        ('b', part('a%00', '1') + END), ('b', part('a', '\x00\xff') + END), ('b', part('a', '1') + '--b-- \r\n'), ('b', part('a', '1') + '--b--'), ('b', part("a'b", '1') + END)]:
    shows('bodies:MULTIPART', 'ARGS|ARGS_NAMES|FILES|FILES_NAMES|FILES_SIZES|MULTIPART_PART_HEADERS', 'POST /\nContent-Type: multipart/form-data; boundary=' + kind + '\n\n' + text, '?', '@rx ^')
    shows('bodies:MULTIPART', FLAGS[1:], 'POST /\nContent-Type: multipart/form-data; boundary=' + kind + '\n\n' + text, '?', '@eq 1')
XML = 'SecRule REQUEST_METHOD "@streq POST" "id:9,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"\n'
for text in ['<a/>', '<a>x</a>', '<a b="c"><d e="f">g</d>h</a>', '<a><![CDATA[<x>]]></a>', '<a><!--x-->y</a>', '<a>&lt;&#65;</a>', '<a>', 'x', '<a><b></a></b>', '<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
             '<a xmlns="u" xmlns:p="v" p:q="r">s</a>', '<!DOCTYPE a [<!ENTITY e "v">]><a>&e;</a>', '<a>\n <b>1</b>\n <b>2</b>\n</a>', '<a/><b/>', '<a b="1" b="2"/>', '']:
    shows('bodies:XML', 'XML:/*|XML://@*|REQBODY_ERROR', 'POST /\nContent-Type: text/xml\n\n' + text, '?', '@rx ^')
    ROWS[-1].rules = XML + ROWS[-1].rules

for row in ROWS:
    row.look_up()
