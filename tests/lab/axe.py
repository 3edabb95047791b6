"""axe-core (MPL-2.0, by Deque), which looks at a page in a browser for what shuts people out. Fetched once, by npm, into .run/axe."""
import subprocess

from lab.place import ROOT

PACKAGE = "axe-core@4.10.2"
FOLDER = ROOT / ".run/axe"
SCRIPT = FOLDER / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_is_there():
    if not SCRIPT.exists():
        try:
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER), PACKAGE],
                           capture_output=True, timeout=120, stdin=subprocess.DEVNULL, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return SCRIPT.exists()


def violations(browser):
    """What is wrong on the page that BROWSER shows. By the browser's own door: the page's policy lets no script run but its own."""
    browser.command("Runtime.evaluate", expression=SCRIPT.read_text())
    said = browser.command("Runtime.evaluate", awaitPromise=True, returnByValue=True,
                           expression="axe.run({runOnly: %r}).then(found => found.violations.map(each => "
                                      "each.id + ': ' + each.nodes.map(node => node.html + ' ' + node.failureSummary).join('; ')))" % TAGS)
    return said["result"]["value"]
