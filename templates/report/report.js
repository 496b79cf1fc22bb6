"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("filtres"), count = $("compte"), empty = $("vide");
  const plain = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = new Map([...document.querySelectorAll(".fleet tbody tr")].map((r) => [r.dataset.host, r]));
  const hosts = [...document.querySelectorAll("details.host")].map((el) => ({
    el, row: rows.get(el.dataset.host), status: el.dataset.status, text: null, controls: null,
  }));
  const read = (host) => {
    if (host.controls) return;
    host.text = plain(host.row.textContent + " " + host.el.querySelector(".facts").textContent);
    host.controls = [...host.el.querySelectorAll(".c")].map((el) => ({ el, text: plain(el.textContent), d: el.dataset }));
  };
  const value = (id) => ($(id) ? $(id).value : "");
  const restore = () => hosts.forEach((h) => { if (h.opened) { h.el.open = false; h.opened = false; } });

  const apply = () => {
    const words = plain(value("q")).split(/\s+/).filter(Boolean);
    const status = value("f-status");
    const wanted = { o: value("f-outcome"), s: value("f-severity"), b: value("f-brick") };
    const narrow = Object.values(wanted).some(Boolean);
    let shown = 0, results = 0;
    const few = [];
    for (const host of hosts) {
      read(host);
      const left = words.filter((w) => !host.text.includes(w));
      let hits = 0;
      for (const c of host.controls) {
        const ok = left.every((w) => c.text.includes(w)) &&
          Object.keys(wanted).every((k) => !wanted[k] || c.d[k] === wanted[k]);
        c.el.classList.toggle("out", !ok);
        hits += ok;
      }
      const block = host.el.querySelector(".block.pass");
      if (block) {
        const some = block.querySelector(".c:not(.out)");
        block.classList.toggle("out", !some);
        for (const list of block.querySelectorAll(".goods")) {
          const none = !list.querySelector(".c:not(.out)");
          list.classList.toggle("out", none);
          list.previousElementSibling.classList.toggle("out", none);
        }
        if (some && (left.length || narrow) && !block.open) { block.open = true; block.dataset.auto = "1"; }
        else if (!(left.length || narrow) && block.dataset.auto) { block.open = false; delete block.dataset.auto; }
      }
      const ok = (!status || host.status === status) && ((!left.length && !narrow) || hits > 0);
      host.el.classList.toggle("out", !ok);
      host.row.classList.toggle("out", !ok);
      if (ok) { shown += 1; results += hits; if (left.length || narrow) few.push(host); }
    }
    restore();
    if (few.length <= 3) few.forEach((h) => { if (!h.el.open) { h.el.open = true; h.opened = true; } });
    empty.hidden = shown > 0;
    const active = words.length || status || narrow;
    count.textContent = active
      ? `${shown} ${shown < 2 ? "hôte" : "hôtes"} sur ${hosts.length}` +
        (words.length || narrow ? `, ${results} ${results < 2 ? "contrôle" : "contrôles"}` : "")
      : "";
  };

  let timer = 0;
  form.hidden = false;
  for (const type of ["input", "change"]) {
    form.addEventListener(type, () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); apply(); });
  form.addEventListener("reset", () => { clearTimeout(timer); timer = setTimeout(apply); });

  // A link to a host shows it, whatever the filters say, and opens it.
  const reveal = () => {
    const target = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let el = target; el; el = el.parentElement) {
      if (el.tagName === "DETAILS") el.open = true;
      el.classList.remove("out");
    }
    target.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (e) => {
    const link = e.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) reveal();
  });
  reveal();

  // Browsers without ::details-content print only what is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
})();
