// Search in the table, and what belongs together lights up. The page says everything without it, too.
(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  const among = (element, name, value) => (element.getAttribute(name) || "").split(" ").includes(value);
  const input = document.getElementById("query");
  const count = document.getElementById("count");
  const lines = all("#rows tbody tr");
  const drawn = all(".connectivity [data-rows]");
  const said = (cell) => [cell.textContent, ...[...cell.querySelectorAll("[title]")].map((one) => one.title)].join(" ");
  const texts = lines.map((line) => [...line.cells].map((cell) => said(cell).toLowerCase()));
  let picked = null;  // what was clicked beside or above the picture, and its rows

  // `from:web` looks into the first column only, `to:db` into the second; every other word into all of them.
  const fits = (cells, word) => {
    const [, end, rest] = /^(?:(from|to):)?(.*)$/.exec(word);
    return (end === "from" ? [cells[0]] : end === "to" ? [cells[1]] : cells).some((cell) => cell.includes(rest));
  };

  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = texts.map((cells, place) =>
      words.every((word) => fits(cells, word)) && (!picked || picked.rows.has(String(place))));
    lines.forEach((line, place) => { line.hidden = !shown[place]; });
    drawn.forEach((one) => {
      const rows = one.getAttribute("data-rows").split(" ");
      const about = !picked || picked.cells.has(one);
      one.classList.toggle("off", !(about && rows.some((row) => shown[Number(row)])));
    });
    const found = shown.filter(Boolean).length;
    const only = picked ? `: ${picked.name} (click it again for all)` : "";
    count.textContent = words.length || picked ? `${found} of ${lines.length} shown${only}` : "";
  };

  const remember = () => {
    const hash = input.value ? "#" + encodeURIComponent(input.value) : " ";
    try { history.replaceState(null, "", hash === " " ? location.pathname + location.search : hash); } catch { /* a file */ }
  };

  const recall = () => {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* not one of ours */ }
    input.value = text;
    search();
  };

  const light = (those, on) => those.forEach((one) => one.classList.toggle("lit", on));
  const hover = (element, those) => {
    element.addEventListener("pointerenter", () => light(those(), true));
    element.addEventListener("pointerleave", () => light(those(), false));
  };

  lines.forEach((line, place) => hover(line, () => drawn.filter((one) => among(one, "data-rows", String(place)))));
  drawn.forEach((one) => {
    const rows = () => one.getAttribute("data-rows").split(" ").map((row) => lines[Number(row)]);
    hover(one, rows);
    one.addEventListener("click", () => rows()[0].scrollIntoView({ block: "center", behavior: "smooth" }));
  });

  const pick = (head, end, own) => {
    const again = picked && picked.head === head;
    if (picked) picked.head.classList.remove("picked");
    const cells = new Set(own());
    const rows = new Set([...cells].flatMap((one) => one.getAttribute("data-rows").split(" ")));
    const name = `${end === "data-from" ? "from" : "to"} ${head.querySelector("text").textContent}`;
    picked = again ? null : { head, cells, rows, name };
    head.classList.toggle("picked", !again);
    search();
  };
  all(".connectivity .head").forEach((head) => {
    const end = head.hasAttribute("data-from") ? "data-from" : "data-to";
    const own = () => drawn.filter((one) => among(one, end, head.getAttribute(end)));
    hover(head, own);
    head.addEventListener("click", () => pick(head, end, own));
  });

  input.addEventListener("input", () => { search(); remember(); });
  window.addEventListener("hashchange", recall);
  document.getElementById("search").hidden = false;
  recall();
})();
