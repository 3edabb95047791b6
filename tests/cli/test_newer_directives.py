"""Rule files that were written for newer ModSecurity (2.9.8 to 2.9.12, 3.0) and for Coraza: each directive of their recommended files loads, or is
answered with a sentence that says what to do. And what SecParseXmlIntoArgs shows to rules."""
import json
import subprocess

import pytest

from lab import BINARY, Origin, Shield, request, response

# The directives of the recommended files, and the values they say, one after the other.
COMMON = r'''
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" "id:'200000',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/[a-z0-9.-]+[+]json" "id:'200006',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyInMemoryLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecRule &ARGS "@ge 1000" "id:'200007',phase:2,t:none,log,deny,status:400,msg:'Failed to fully parse request body due to large argument count',severity:2"
SecRule REQBODY_ERROR "!@eq 0" "id:'200002',phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:'200004',phase:2,t:none,log,deny,msg:'Multipart parser detected a possible unmatched boundary.'"
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
SecRule TX:/^MSC_/ "!@streq 0" "id:'200005',phase:2,t:none,deny,msg:'ModSecurity internal error flagged: %{MATCHED_VAR_NAME}'"
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecTmpDir /tmp/
SecDataDir /tmp/
SecUploadDir /opt/modsecurity/var/upload/
SecUploadKeepFiles RelevantOnly
SecUploadFileMode 0600
SecDebugLog /opt/modsecurity/var/log/debug.log
SecDebugLogLevel 3
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABIJDEFHZ
SecAuditLogType Serial
SecAuditLog /var/log/modsec_audit.log
SecAuditLogStorageDir /opt/modsecurity/var/audit/
SecArgumentSeparator &
SecCookieFormat 0
SecStatusEngine Off
'''
FILES = {
    "2.9.8": COMMON + "SecParseXmlIntoArgs Off\n",
    "2.9.12": COMMON + "SecParseXmlIntoArgs OnlyArgs\nSecXmlExternalEntity Off\n",
    "3.0": COMMON + "SecParseXmlIntoArgs On\nSecAuditLogFormat JSON\nSecAuditLogPrefix x\nSecResponseBodyJsonDepthLimit 512\n",
    "coraza": COMMON.replace("SecStatusEngine Off\n", "") + "SecAuditLogFormat Native\nSecRxPreFilter On\nSecIgnoreRuleCompilationErrors Off\n",
}
REFUSED = [
    ("SecIgnoreRuleCompilationErrors On", "names each that is wrong"),
    ("SecDataset words `\none\n`", "@pmFromFile"),
    ("SecAuditLogFormat JsonLegacy", "Native"),
    ("SecAuditLogFormat OCSF", "Native"),
    ("SecParseXmlIntoArgs Maybe", "OnlyArgs"),
    ('SecAction "id:9,phase:1,pass,ctl:parseXmlIntoArgs=Maybe"', "OnlyArgs"),
]


def shield_of(rules, mode="block"):
    origin = Origin(lambda message: response(b"fine"))
    shield = Shield(origin, start=False)
    shield.folder.joinpath("own.conf").write_text(rules)
    shield.settings["sites"][0]["waf"] = {"mode": mode, "ruleset": "own.conf"}
    shield.write(shield.settings)
    return shield


def check(shield):
    done = subprocess.run([BINARY, "check", "--config", shield.config], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", FILES)
def test_recommended_files_load(name):
    with shield_of(FILES[name]) as shield:
        code, said = check(shield)
        assert code == 0 and "unknown directive" not in said, said


@pytest.mark.parametrize("line, sentence", REFUSED)
def test_what_does_not_load_says_what_to_do(line, sentence):
    with shield_of(line + "\n") as shield:
        code, said = check(shield)
        assert code != 0 and sentence in said and "unknown directive \"SecD" not in said, said


RULES = '''
SecRuleEngine On
SecRequestBodyAccess On
SecParseXmlIntoArgs %s
SecRule REQUEST_HEADERS:Content-Type "@contains xml" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_URI "@contains /on" "id:2,phase:1,pass,nolog,ctl:parseXmlIntoArgs=On"
SecRule REQUEST_URI "@contains /off" "id:3,phase:1,pass,nolog,ctl:parseXmlIntoArgs=Off"
SecRule ARGS "@contains evil" "id:4,phase:2,pass,msg:'argument'"
SecRule XML:/* "@contains evil" "id:5,phase:2,pass,msg:'document'"
SecRule ARGS_POST:xml.a.b "@streq evil" "id:6,phase:2,pass,msg:'named'"
SecRule ARGS_NAMES "@streq xml.a.b" "id:7,phase:2,pass,msg:'name'"
'''


@pytest.mark.parametrize("value, path, found", [
    ("Off", "/", [5]), ("On", "/", [4, 5, 6, 7]), ("OnlyArgs", "/", [4, 6, 7]), ("Off", "/on", [4, 5, 6, 7]), ("On", "/off", [5])])
def test_texts_of_xml_are_arguments(value, path, found):
    raw = request(path, ("Content-Type", "text/xml"), method="POST", body=b"<a><b>evil</b></a>")
    with shield_of(RULES % value) as shield:
        done = subprocess.run([BINARY, "explain", "--config", shield.config, "--request", "-", "--output", "json"], input=raw, capture_output=True,
                              timeout=60)
        assert done.returncode == 0, done
        assert [rule["id"] for rule in json.loads(done.stdout)["rules"]] == found
