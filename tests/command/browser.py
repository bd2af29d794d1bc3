"""A headless Chromium, driven through chromedriver: clicks and keys are real ones.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import base64
import json
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # as the WebDriver standard calls a reference to one
ESCAPE, ENTER, CONTROL = "\ue00c", "\ue007", "\ue009"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the driver is on this machine


def needed():
    """Skips where there is no browser; scripts/test does not let that pass in CI."""
    if not shutil.which("chromedriver") or not shutil.which("chromium"):
        raise unittest.SkipTest("there is no chromium or no chromedriver (packages chromium, chromium-driver)")


class Browser:
    """One window. `phone`: as wide as a small one, and with its ideas of a viewport."""

    def __init__(self, folder: Path, phone: bool = False, script: bool = True):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.log = open(folder / "chromedriver.log", "ab")
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL, stdout=self.log,
                                       stderr=self.log)
        options = {"binary": shutil.which("chromium"),
                   # No sandbox: the tests may run as root. A container's /dev/shm is small.
                   "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                            "--window-size=1400,1000", f"--user-data-dir={folder / 'chromium'}"],
                   "prefs": {"profile.managed_default_content_settings.javascript": 1 if script else 2}}
        if phone:
            options["mobileEmulation"] = {"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2,
                                                            "touch": True, "mobile": True}}
        try:
            self._wait_for_driver()
            capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs":
                            {"browser": "ALL", "performance": "ALL"}}
            value = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self.session = f"/session/{value['sessionId']}"
        except BaseException:
            self._end_driver()
            raise

    def _wait_for_driver(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._ask("GET", "/status")
            except OSError:
                if time.monotonic() > deadline or self.driver.poll() is not None:
                    raise
                time.sleep(0.05)

    def _end_driver(self):
        self.driver.terminate()
        self.driver.wait(30)
        self.log.close()

    def _ask(self, method: str, path: str, body: dict | None = None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with OPENER.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from error

    def close(self):
        try:
            self._ask("DELETE", self.session)
        finally:
            self._end_driver()

    def open(self, page: Path, fragment: str = ""):
        self._ask("POST", f"{self.session}/url", {"url": page.resolve().as_uri() + fragment})

    def run(self, script: str, *args):
        """The value of a script's `return`."""
        return self._ask("POST", f"{self.session}/execute/sync", {"script": script, "args": list(args)})

    def find(self, selector: str) -> str:
        found = self._ask("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def click(self, selector: str):
        self._ask("POST", f"{self.session}/element/{self.find(selector)}/click")

    def type(self, selector: str, text: str):
        self._ask("POST", f"{self.session}/element/{self.find(selector)}/value", {"text": text})

    def text(self, selector: str) -> str:
        """As a reader sees it: what is hidden has none."""
        return self._ask("GET", f"{self.session}/element/{self.find(selector)}/text")

    def shown(self, selector: str) -> bool:
        return self._ask("GET", f"{self.session}/element/{self.find(selector)}/displayed")

    def messages(self) -> list[str]:
        """What the page complained of in its console."""
        return [entry["message"] for entry in self._ask("POST", f"{self.session}/se/log", {"type": "browser"})]

    def requested(self) -> list[str]:
        """The addresses that pages asked for; not those of the browser's own first tab."""
        entries = [json.loads(entry["message"])["message"]
                   for entry in self._ask("POST", f"{self.session}/se/log", {"type": "performance"})]
        found = [entry["params"]["request"]["url"] for entry in entries
                 if entry["method"] == "Network.requestWillBeSent"]
        return [address for address in found if not address.startswith(("chrome:", "data:"))]

    def emulate(self, **media: str):
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self._ask("POST", f"{self.session}/goog/cdp/execute",
                  {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}})

    def resize(self, width: int, height: int = 1000):
        """The window; the page's part of it is as wide, less a scroll bar."""
        self._ask("POST", f"{self.session}/window/rect", {"width": width, "height": height})

    def screenshot(self, path: Path):
        path.write_bytes(base64.b64decode(self._ask("GET", f"{self.session}/screenshot")))

    def until(self, script: str, seconds: float = 10):
        """Waits until a script returns something true."""
        deadline = time.monotonic() + seconds
        while not (value := self.run(script)):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {script}")
            time.sleep(0.03)
        return value
