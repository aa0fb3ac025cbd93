// Everything here is a comfort: the pages are whole without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const remembered = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch { /* No storage: the theme lasts as long as the page. */ }
    return null;
  };
  const theme = remembered();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const themeToggle = (button) => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    const show = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remembered(root.dataset.theme);
      show();
    });
    system.addEventListener("change", show);
    button.hidden = false;
    show();
  };

  const tiles = () => [...document.querySelectorAll(".tile")].filter((tile) => tile.offsetParent);

  const find = (form) => {
    const input = form.querySelector("input");
    const found = form.querySelector("output");
    const all = [...document.querySelectorAll(".tile")];
    const apply = () => {
      const words = input.value.toLowerCase().match(/"[^"]+"|\S+/g) || [];
      const wanted = words.map((word) => word.replaceAll('"', ""));
      let count = 0;
      for (const tile of all) {
        const fits = wanted.every((word) => tile.dataset.words.includes(word));
        tile.hidden = !fits;
        count += fits;
      }
      for (const group of document.querySelectorAll("[data-group]")) {
        group.hidden = wanted.length > 0 && !group.querySelector(".tile:not([hidden])");
      }
      found.textContent = wanted.length ? `${count} of ${all.length}` : "";
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("input", apply);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-trait]");
      if (!link) return;
      form.hidden = false;
      input.value = `"${link.dataset.trait.toLowerCase().replaceAll('"', "")}"`;
      apply();
    });
    // A handful is looked over faster than searched.
    form.hidden = all.length < 7 && !input.value;
    if (input.value) apply();
  };

  // The next tile in the direction of an arrow: along the wall, or the nearest in the row above or below.
  const neighbour = (from, key) => {
    const all = tiles();
    const place = all.indexOf(from);
    if (key === "ArrowLeft") return all[place - 1];
    if (key === "ArrowRight") return all[place + 1];
    const here = from.getBoundingClientRect();
    const down = key === "ArrowDown";
    const rows = all.map((tile) => ({ tile, box: tile.getBoundingClientRect() }))
      .filter(({ box }) => down ? box.top >= here.bottom - 1 : box.bottom <= here.top + 1);
    const distance = ({ box }) =>
      Math.abs(box.top - here.top) * 4 + Math.abs(box.left + box.width / 2 - here.left - here.width / 2);
    return rows.sort((a, b) => distance(a) - distance(b))[0]?.tile;
  };

  const keys = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const at = event.target;
    if (at.matches("input, textarea, audio, video, pre")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    const follow = (rel) => {
      const link = document.querySelector(`.turn a[rel=${rel}]`);
      if (link) location.href = link.href;
    };
    if (event.key === "/") {
      const input = document.querySelector("#find");
      if (input) { event.preventDefault(); input.focus(); }
    } else if (document.querySelector(".turn")) {
      const rel = { ArrowLeft: "prev", ArrowRight: "next", Escape: "up" }[event.key];
      if (rel) follow(rel);
    } else if (event.key.startsWith("Arrow")) {
      const current = at.closest(".tile");
      if (!current) return;
      const next = neighbour(current, event.key);
      if (next) { event.preventDefault(); next.querySelector("a").focus(); }
    }
  };

  const copy = (code) => {
    code.dataset.copy = "";
    code.title = "Copy";
    code.addEventListener("click", async () => {
      if (String(getSelection())) return;
      try {
        await navigator.clipboard.writeText(code.textContent);
        code.title = "Copied";
      } catch { /* Not allowed here: it can still be selected. */ }
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-theme-toggle]").forEach(themeToggle);
    document.querySelectorAll("[data-find]").forEach(find);
    if (navigator.clipboard) document.querySelectorAll(".proof code, .command code").forEach(copy);
    document.addEventListener("keydown", keys);
  });
})();
