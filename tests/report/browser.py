"""Chromium without a window, driven over a pipe by its own protocol: two file descriptors and JSON, no library.

https://chromedevtools.github.io/devtools-protocol/ (read 2026-11). One page a browser; not safe between threads.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--hide-scrollbars", "--enable-unsafe-swiftshader", "--remote-debugging-pipe"),
)
PATIENCE_S = 30.0  # a busy machine; an answer comes in milliseconds
KEY_CODES = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class BrowserError(Exception):
    """The browser said no, or nothing."""


class Browser:
    """One tab; what it logged and asked for is kept."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self.complaints: list[str] = []  # console errors and warnings, exceptions, violations of the policy
        self.requests: list[str] = []
        self._to, self._from = to_browser, from_browser
        self._read = b""
        self._last = 0
        self._session: str | None = None
        (target,) = (t for t in self._ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self._ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(self, path: Path, *, width: int = 1280, height: int = 800, dark: bool = False, hash_: str = "") -> None:
        """Load a file and wait until the page says that it is ready."""
        self.complaints.clear()
        self.requests.clear()
        self.resize(width, height)
        self.scheme(dark=dark)
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=path.as_uri() + hash_)
        self.wait("document.documentElement?.dataset.ready")

    def resize(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, *, dark: bool) -> None:
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self._ask("Emulation.setEmulatedMedia", media="", features=features)

    def get(self, expression: str) -> Any:
        """The JSON value of a JavaScript expression."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """The value of an expression once it is true."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            if value := self.get(expression):
                return value
            select.select([], [], [], 0.01)
        raise BrowserError(f"never came true: {expression}; {self.complaints}")

    def click(self, selector: str) -> None:
        """Click in the middle of the first element that fits."""
        box = self.get(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center',"
            " behavior: 'instant'}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.click_at(*box)

    def click_at(self, x: float, y: float) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        code = KEY_CODES.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def type(self, text: str) -> None:
        self._ask("Input.insertText", text=text)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        answer = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def count_pixels(self, colour: tuple[int, int, int]) -> int:
        """How many pixels of what a reader sees have exactly this colour."""
        seen = self._ask("Page.captureScreenshot", format="png")["data"]
        return int(
            self.get(
                f"""(async () => {{
                const image = new Image(); image.src = "data:image/png;base64,{seen}"; await image.decode();
                const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
                context.drawImage(image, 0, 0);
                const {{ data }} = context.getImageData(0, 0, image.width, image.height);
                let n = 0;
                for (let i = 0; i < data.length; i += 4)
                  n += data[i] === {colour[0]} && data[i + 1] === {colour[1]} && data[i + 2] === {colour[2]};
                return n; }})()"""
            )
        )

    def pdf(self) -> bytes:
        return base64.b64decode(self._ask("Page.printToPDF")["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._from], [], [], PATIENCE_S)
            chunk = os.read(self._from, 1 << 20) if ready else b""
            if not chunk:
                raise BrowserError("the browser is silent or gone")
            self._read += chunk
        message, _, self._read = self._read.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _note(self, event: dict[str, Any]) -> None:
        method, details = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(details["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(details["args"]))
        elif method == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
            self.complaints.append(details["entry"]["text"])


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile; it and its children end with the block."""
    assert BINARY is not None
    # the browser wants its pipe at descriptors 3 and 4, which a shell can give it and `subprocess` cannot
    command = ("sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null', "sh")
    process = subprocess.Popen(
        (*command, BINARY, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Browser(process.stdin.fileno(), process.stdout.fileno())
    finally:
        process.stdin.close()  # the end of its pipe is the end of it
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
