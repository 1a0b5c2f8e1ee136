"use strict";
// Filters the findings by level, direction and text, opens the one that the address names, and unfolds all
// for printing. It asks nothing of any network.
function filter(form) {
  const items = Array.from(document.querySelectorAll(".findings > li"));
  const texts = items.map((item) => item.textContent.toLowerCase());
  const found = form.querySelector("output");
  const empty = document.querySelector(".empty");

  function apply() {
    const levels = new Set(Array.from(form.querySelectorAll("input[name=level]:checked"), (box) => box.value));
    const direction = form.elements.direction.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, index) => {
      const flows = item.dataset.direction;
      const fits = levels.has(item.dataset.level)
        && (!direction || flows === direction || (flows === "both" && direction !== "none"))
        && words.every((word) => texts[index].includes(word));
      item.hidden = !fits;
      shown += fits;
    });
    const all = items.length === 1 ? "1 finding" : `${items.length} findings`;
    found.textContent = shown === items.length ? all : `${shown} of ${all}`;
    empty.hidden = shown > 0;
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input[type=search], select")) return;
    event.preventDefault();
    form.elements.text.focus();
  });
  form.hidden = false;
  apply();
}

function reveal() {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  const details = place && (place.matches("details") ? place : place.querySelector(":scope > details"));
  if (!details) return;
  details.open = true;
  place.scrollIntoView();
}

function unfoldForPrint() {
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach((details) => { details.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
}

const form = document.querySelector(".filter");
if (form) filter(form);
window.addEventListener("hashchange", reveal);
reveal();
unfoldForPrint();
