"""Nobody answers: the next is told, and the next after him; and nobody any more once somebody has taken it. At Debian's exim, with the shortest clock that there is."""
import json

from lab import HOST, Origin, make_certificate, response, wait_until
from lab.hub import HubShield
from lab.receivers import Mail


def told(mail, who):
    """Subjects of what WHO got."""
    return [str(one["subject"]) for one in mail.messages() if one["to"].addresses[0].addr_spec == f"{who}@commune.example"]


def acknowledge(shield, number):
    path = f"/api/v1/incidents/{number}"
    status, said = shield.api("POST", f"{path}/acknowledge", {"version": shield.api("GET", path)[1]["version"]})
    assert status == 200 and said["incident"]["status"] == "acknowledged", said


def number_of(shield, family, subject=""):
    return wait_until(lambda: [one for one in shield.incidents() if one["family"] == family and one["subject"] == subject], 20, f"an incident: {family}")[0]["id"]


def test_it_ends_with_an_acknowledgement():
    with Mail() as mail, Origin(lambda request: response(b"well"), record=False) as origin, HubShield(origin, start=False, roots=[mail.folder]) as shield:
        box = {"server": f"smtp://localhost:{mail.port}", "ca": str(mail.certificate), "from": "shield@commune.example"}
        paths = [{**box, "name": name, "to": f"{name}@commune.example", "severity": "low"} for name in ("it", "mayor", "governor")]
        shield.write({**shield.settings, "hub": {**shield.settings["hub"], "alerts": {"self_test": "off", "escalate_after": "1m", "escalate_to": ["mayor", "governor"], "mail": paths}}})
        make_certificate(shield.certificate, HOST, "localhost", days=5)
        shield.start()
        shield.wait_hub()
        # The attack is taken at once; the backup when the mayor was told; the certificate never: it is the clock of the others.
        assert shield.api("POST", f"/api/v1/sites/{HOST}/level", {"level": "attack", "why": "a test"})[0] == 200
        acknowledge(shield, number_of(shield, "attack"))
        assert shield.ask("/backup", "POST", json.dumps({"ok": False, "path": "/nowhere"}).encode()).status == 200
        backup = number_of(shield, "integrity", "backup")
        number_of(shield, "certificate", str(shield.certificate))
        wait_until(lambda: len(told(mail, "it")) >= 3, 30, "all three are told")
        assert told(mail, "mayor") == told(mail, "governor") == []
        wait_until(lambda: any("backup" in one for one in told(mail, "mayor")), 90, "nobody took the backup: the mayor is told")
        acknowledge(shield, backup)
        wait_until(lambda: any("certificate" in one for one in told(mail, "governor")), 120, "nobody took the certificate: the governor is told after the mayor")
        for who, due in ("mayor", 2), ("governor", 1):
            assert len(told(mail, who)) == due and not any("attack" in one for one in told(mail, who)), told(mail, who)
        assert not any("backup" in one for one in told(mail, "governor")), "somebody had taken it"
        assert all("Nobody has answered" in one for one in told(mail, "mayor") + told(mail, "governor"))
