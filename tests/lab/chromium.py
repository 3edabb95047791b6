"""A real browser: Debian's Chromium without a window, driven through its own driver, and what it says of each answer.

Needs `tools/install browser`; selenium is looked for when a browser is made."""
import json
import os
import shutil

from lab.place import make_folder, wait_until

PROGRAMS = ("/usr/bin/chromium", "/usr/bin/chromedriver")
FLAGS = ("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--window-size=1280,1024",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")


class Chromium:
    """One browser with a profile of its own, which reaches no host but this one. It trusts any certificate.

    answers    (status, method, URL) of each answer that the browser got, since the last call of forget
    """

    def __init__(self, seconds=30, keeps_cookies=True):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        self.folder = make_folder("chromium")
        options = webdriver.ChromeOptions()
        options.binary_location = PROGRAMS[0]
        for flag in (*FLAGS, f"--user-data-dir={self.folder}", *(("--no-sandbox",) if os.getuid() == 0 else ())):
            options.add_argument(flag)
        if not keeps_cookies:
            options.add_experimental_option("prefs", {"profile.default_content_setting_values.cookies": 2})
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        self.answers, self.asked = [], {}
        self.driver = webdriver.Chrome(service=Service(PROGRAMS[1]), options=options)
        self.driver.set_page_load_timeout(seconds)
        self.driver.set_script_timeout(seconds)
        self.command("Network.enable")

    def command(self, name, **values):
        return self.driver.execute_cdp_cmd(name, values)

    def become(self, visitor):
        """Somebody else, without cookies: the address that a proxy in front would tell."""
        self.command("Network.clearBrowserCookies")
        self.command("Network.setExtraHTTPHeaders", headers={"X-Forwarded-For": visitor})

    def listen(self):
        """Takes what the browser has logged since it was last asked."""
        for line in self.driver.get_log("performance"):
            event = json.loads(line["message"])["message"]
            values = event["params"]
            if event["method"] == "Network.requestWillBeSent":
                self.asked[values["requestId"]] = values["request"]["method"]
                if "redirectResponse" in values:
                    self.note(values["requestId"], values["redirectResponse"])
            elif event["method"] == "Network.responseReceived":
                self.note(values["requestId"], values["response"])
        return self.answers

    def note(self, number, response):
        if response["url"].startswith("https:"):
            self.answers.append((response["status"], self.asked.get(number, "?"), response["url"]))

    def forget(self):
        self.listen()
        self.answers.clear()

    def go(self, url):
        self.driver.get(url)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector, seconds=20):
        return wait_until(lambda: next(iter(self.all(selector)), None), seconds, f"{selector} on {self.driver.current_url}")

    def run(self, script, *values):
        """A function's body in the page; what it returns, also when that is promised."""
        return self.driver.execute_script(script, *values)

    def fill(self, selector, text):
        """As pasted: at once."""
        self.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", self.one(selector), text)

    def send(self, selector, seconds=30):
        """Clicks, and waits until another page is there."""
        self.run("window.isOld = true")
        self.run("arguments[0].click()", self.one(selector))
        wait_until(lambda: self.run("return !window.isOld && document.readyState == 'complete'"), seconds, f"a page behind {selector}")

    def text(self):
        return self.run("return document.body.innerText")

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
