"""A person at a browser: what they see, what the accessibility rules find, and no surprises."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx

from services.pages.assets import NHSUK, NPM
from services.pages.demo_users import DEMO_USERS, THEMSELF

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

ROOT = Path(__file__).parents[2]
AXE = NPM / "axe-core/axe.min.js"
SCREENS = ROOT / "docs/screens"
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1280, 900), (320, 640)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_TABS = 80
# Of a page that goes on and on, more is no better to look at.
TALLEST_SCREEN = 4_500


def why_not() -> str | None:
    """Why pages cannot be tried here, with what would help; None where they can."""
    if CHROMIUM is None:
        return "no Chromium: apt-get install chromium"
    if find_spec("playwright") is None:
        return "no Playwright: make setup"
    if not (NHSUK.is_dir() and AXE.is_file()):
        return "the pages' styles are not installed: npm ci in services/pages"
    return None


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """Somebody at one page of the service, and everything that went wrong there."""

    page: "Page"
    url: str
    issuer: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.url, self.issuer, "data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def goes_to(self, path: str) -> None:
        self.page.goto(self.url + path)

    def signs_in(self, name: str, towards: str = "/", record: str = "") -> None:
        """Sign in as the demo user of that name, with no page opened for it, and go to a page.

        `record`: as the person whose record is there.
        """
        kept = signed_in(self.url, name, record)
        self.page.context.add_cookies(
            [{"name": n, "value": v, "url": self.url, "httpOnly": True} for n, v in kept.items()]
        )
        self.goes_to(towards)

    def walks_in(self, name: str) -> None:
        """Sign in by every page on the way, from that where signing in begins."""
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_label(name).check()
        self.page.get_by_role("button", name="Sign in").click()

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def figure(self, measure: str) -> str:
        """The large figure of a measure on the board."""
        return self.page.locator(f"[data-key=card-{measure}] .tl-card__number").inner_text()

    def tabs_to(self, wanted: "Locator") -> None:
        """Reach something with the Tab key alone."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("it => it === document.activeElement"):
                return
        raise AssertionError("it cannot be reached with the keyboard")

    def finds_it_accessible(self) -> None:
        """Nothing that axe knows of WCAG 2.2 AA is broken, and the page is as wide as the window.

        The rules run from outside the page: its policy lets in no script that is not its own.
        """
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        broken = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in found["violations"]
        ]
        assert not broken, json.dumps(broken, indent=1)
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def keeps_screen(self, name: str) -> None:
        """Keep how the page looks, where THROUGHLINE_SCREENS asks for it."""
        if os.environ.get("THROUGHLINE_SCREENS"):
            SCREENS.mkdir(parents=True, exist_ok=True)
            width = (self.page.viewport_size or {"width": 0})["width"]
            path = SCREENS / f"{name}-{width}.png"
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            shown = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST_SCREEN)}
            self.page.screenshot(path=path, full_page=True, clip=shown, animations="disabled")


def visitor(context: "BrowserContext", url: str, issuer: str) -> Visitor:
    """Somebody new at a browser of their own."""
    return Visitor(context.new_page(), url, issuer)


def signed_in(url: str, name: str, record: str = "") -> dict[str, str]:
    """The cookies of a demo user who has just signed in, as a browser would come by them.

    `record`: of the person whose record is there.
    """
    users = {viewer.name: user for user, viewer in DEMO_USERS.items()}
    who = {"user": THEMSELF, "record": record} if record else {"user": users[name]}
    with httpx.Client() as browser:
        way_in = browser.get(f"{url}/sign-in/start").headers["location"]
        there, _, asked = way_in.partition("?")
        chosen = browser.post(there, data=dict(parse_qsl(asked)) | who)
        browser.get(chosen.headers["location"])
        return {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
