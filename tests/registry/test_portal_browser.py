"""The main paths of the portal in a real browser: with JavaScript and without, wide, narrow, light, dark."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.registry.portal_world import LONG_NAME, World, world
from tests.registry.readers import PASSWORD
from tests.registry.served import served_app

CHROMIUM = shutil.which("chromium")
REQUIRED = "chromium" in os.environ.get("PACTOLUS_REQUIRE_SERVICES", "").split()
try:
    from playwright.sync_api import Browser, Page, expect, sync_playwright
except ImportError:
    if REQUIRED:
        raise
    pytest.skip("playwright is not installed", allow_module_level=True)
if CHROMIUM is None and not REQUIRED:
    pytest.skip("chromium is not installed", allow_module_level=True)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = world(tmp_path_factory.mktemp("portal"))
    yield made
    made.registry.close()


@pytest.fixture(scope="module")
def base(firm: World) -> Iterator[str]:
    with served_app(firm.registry.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser(base: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


Opener = Callable[..., Page]


@pytest.fixture
def page_of(browser: Browser, base: str) -> Iterator[Opener]:
    """Opens a page as somebody. At the end nothing was loaded from elsewhere, and no script failed."""
    contexts: list[Any] = []
    foreign: list[str] = []
    errors: list[str] = []

    def opened(account: str | None = "bea", **options: Any) -> Page:
        context = browser.new_context(base_url=base, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request", lambda request: None if request.url.startswith(base) else foreign.append(request.url)
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if "Security Policy" in said.text else None,
        )
        if account is not None:
            sign_in(page, account)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert foreign == []
    assert errors == []


def sign_in(page: Page, account: str) -> None:
    page.goto("/portal/sign-in")
    page.get_by_label("Name").fill(account)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/portal/")


def test_somebody_searches_reads_the_contract_and_compares_its_versions(page_of: Opener) -> None:
    page = page_of()
    page.get_by_label("Search").press_sequentially("quote valid", delay=5)

    hit = page.locator("#results").get_by_role("link", name="CRM quotes").first
    expect(hit).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()
    assert "q=quote+valid" in page.url.replace("%20", "+")
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CRM quotes")
    page.get_by_role("navigation", name="crm-quote").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="1.0.0 to 2.0.0")).to_contain_text("breaking")
    expect(page.get_by_text("refused after it").first).to_be_visible()
    page.locator("select[name=after]").select_option("1.0.0")
    expect(page.locator("#result")).to_contain_text("Choose two different versions")


def test_filters_narrow_the_catalog_as_they_are_chosen(page_of: Opener) -> None:
    page = page_of()
    page.get_by_label("Layer").select_option("events")

    expect(page.locator("#results .row")).to_have_count(1)
    expect(page.locator("#results")).to_contain_text("1 contract.")
    page.go_back()
    expect(page.locator("#results .row")).to_have_count(8)


def test_a_stranger_is_asked_to_sign_in_and_told_when_it_failed(page_of: Opener) -> None:
    page = page_of(None)
    page.goto("/portal/inbox")
    page.get_by_label("Name").fill("bea")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inbox")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_board_member_decides_from_the_inbox(page_of: Opener, firm: World) -> None:
    page = page_of("bea")
    page.get_by_role("link", name="Inbox").click()
    page.get_by_role("link", name="Demand a tax category").click()
    brief = page.get_by_role("region", name="In short")

    for said in ("3 findings break", "5 consumers", "23 of 25", "missing"):
        expect(brief).to_contain_text(said)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text("Your approval is recorded.")
    expect(page.get_by_role("region", name="Who has to agree")).to_contain_text("account:bea")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("link", name="Demand a tax category")).to_have_count(0)


def test_a_rejection_needs_a_reason_and_keeps_what_was_written(page_of: Opener, firm: World) -> None:
    page = page_of("carl")
    page.goto(f"/portal/changes/{firm.changes['reject-me']}")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why you reject it")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Why").fill("We close the books with it.")
    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("status")).to_contain_text("Your rejection is recorded.")
    expect(page.get_by_role("region", name="History")).to_contain_text("We close the books with it.")
    expect(page.locator(".heading")).to_contain_text("rejected")


def test_all_that_is_read_and_decided_works_without_javascript(page_of: Opener, firm: World) -> None:
    page = page_of("dora", java_script_enabled=False)
    page.get_by_label("Search").fill("purchase order")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#results mark").first).to_be_visible()
    page.goto(f"/portal/changes/{firm.changes['second']}")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why you reject it")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text("Your approval is recorded.")
    page.get_by_label("Comment").fill("Seen without a script.")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("region", name="History")).to_contain_text("Seen without a script.")


def test_the_calendar_tells_what_ends_and_who_still_calls(page_of: Opener) -> None:
    page = page_of("carl")
    page.get_by_role("link", name="Deprecations").click()
    november = page.get_by_role("region", name="November 2026")

    expect(november).to_contain_text("CRM quotes version 1")
    expect(november).to_contain_text("24 days left")
    expect(november).to_contain_text("finance-close")
    expect(page.get_by_role("img", name="From deprecation to end")).to_be_visible()
    expect(page.get_by_role("region", name="When nothing moves")).to_contain_text("Close of the year")
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("region", name="Your applications call")).to_contain_text("data-warehouse")


def test_an_audit_entry_shows_its_proof(page_of: Opener) -> None:
    page = page_of("bea")
    page.get_by_role("link", name="Audit").click()
    page.get_by_label("Did").fill("change.rejected")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=re.compile("with its proof")).last.click()

    expect(page.get_by_role("region", name="Proof")).to_contain_text("The proof holds.")
    hashes = page.locator(".steps li > code:last-child").all_inner_texts()
    assert len(hashes) > 3
    assert hashes[-1] == hashes[-2]
    page.get_by_text("The signed checkpoint", exact=True).click()
    expect(page.get_by_text("Signed by")).to_be_visible()


def test_the_audit_is_for_administrators_and_the_board(page_of: Opener) -> None:
    page = page_of("carl")
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    page.goto("/portal/audit")

    expect(page.get_by_role("heading", level=1)).to_have_text("Not yours to do")


def test_the_choice_of_colours_is_kept(page_of: Opener) -> None:
    page = page_of("bea", java_script_enabled=False)

    def ground() -> str:
        style = page.locator("html").get_attribute("data-theme")
        return style or "system"

    seen = [ground()]
    for _ in range(3):
        page.get_by_role("button", name="Colours").click()
        seen.append(ground())
    assert seen == ["system", "dark", "light", "system"]
    page.get_by_role("button", name="Colours").click()
    page.goto("/portal/consumers")
    assert ground() == "dark"


def test_a_keyboard_alone_reaches_the_content(page_of: Opener) -> None:
    page = page_of("bea")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()


def pages(firm: World) -> dict[str, str]:
    """Every page, by a name."""
    change = firm.changes
    orders, quotes = "/portal/contracts/erp-orders", "/portal/contracts/crm-quote"
    return {
        "catalog": "/portal/",
        "search": "/portal/?q=purchase+order",
        "nothing found": "/portal/?q=zzzz",
        "contract": orders,
        "deprecated": "/portal/contracts/crm-quote",
        "long names": f"/portal/contracts/{LONG_NAME}",
        "callers": f"{orders}/callers",
        "no callers": "/portal/contracts/quote-validation/callers",
        "versions": f"{quotes}/versions",
        "operation": f"{orders}/versions/1.0.0?operation=createOrder",
        "schema": f"{orders}/versions/1.0.0?operation=schema:OrderCreate",
        "events": "/portal/contracts/commercial-events/versions/1.0.0",
        "compare": f"{quotes}/compare?before=1.0.0&after=2.0.0",
        "same version": f"{quotes}/compare?before=2.0.0&after=2.0.0",
        "graph": f"{orders}/graph?depth=2",
        "scorecard": f"/portal/contracts/{LONG_NAME}/scorecard",
        "scorecards": "/portal/scorecards",
        "changes": "/portal/changes?whose=all&state=all",
        "no changes": "/portal/changes?state=withdrawn",
        "change": f"/portal/changes/{change['tax']}",
        "rejected change": f"/portal/changes/{change['rejected']}",
        "inbox": "/portal/inbox",
        "consumers": "/portal/consumers",
        "consumer": "/portal/consumers/client-portal-web",
        "deprecations": "/portal/deprecations",
        "audit": "/portal/audit",
        "audit entry": "/portal/audit/12",
        "failure": "/portal/contracts/nothing",
    }


def test_no_page_scrolls_sideways_on_a_phone(page_of: Opener, firm: World) -> None:
    page = page_of("bea", viewport=PHONE)
    wide = {}
    for name, address in pages(firm).items():
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[name] = width

    assert wide == {}


CONTRAST = {"type": "rule", "values": ["color-contrast"]}
"""What the other colours can break; all else is the same in both."""


@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", CONTRAST)], ids=["light", "dark"])
def test_a_screen_reader_meets_nothing_serious(
    page_of: Opener, firm: World, scheme: str, rules: dict[str, Any] | None
) -> None:
    axe = axe_source()
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    page = page_of("bea", color_scheme=scheme, bypass_csp=True)
    found = []
    for name, address in {**pages(firm), "sign-in": "/portal/sign-in"}.items():
        if name == "sign-in":
            page.get_by_role("button", name="Sign out").click()
        page.goto(address)
        page.evaluate(axe)
        result = page.evaluate("options => axe.run(document, options)", options)
        assert result["passes"], "axe ran"
        found += [
            f"{name}: {one['id']} ({one['impact']}) {node['html'][:160]}"
            for one in result["violations"]
            if one["impact"] in ("serious", "critical", "moderate")
            for node in one["nodes"][:3]
        ]

    assert found == []


def axe_source() -> str:
    """axe-core as the package for tests brings it along."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
