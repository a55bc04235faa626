// Search of the table, and highlighting of related parts of table and picture. The page is complete without the script.
(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  const hasWord = (element, attribute, word) => (element.getAttribute(attribute) || "").split(" ").includes(word);
  const input = document.getElementById("query");
  const count = document.getElementById("count");
  const tableRows = all("#rows tbody tr");
  const shapes = all(".connectivity [data-rows]");
  const rowNumbers = (shape) => shape.getAttribute("data-rows").split(" ");
  const cellText = (cell) => [cell.textContent, ...[...cell.querySelectorAll("[title]")].map((each) => each.title)].join(" ");
  const texts = tableRows.map((row) => [...row.cells].map((cell) => cellText(cell).toLowerCase()));
  let selection = null;  // the selected heading of the picture, with its shapes, row numbers and name

  // `from:web` searches the first column only, `to:db` the second; every other word searches all columns.
  const matches = (cells, word) => {
    const [, end, rest] = /^(?:(from|to):)?(.*)$/.exec(word);
    return (end === "from" ? [cells[0]] : end === "to" ? [cells[1]] : cells).some((cell) => cell.includes(rest));
  };

  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const visible = texts.map((cells, number) =>
      words.every((word) => matches(cells, word)) && (!selection || selection.rows.has(String(number))));
    tableRows.forEach((row, number) => { row.hidden = !visible[number]; });
    shapes.forEach((shape) => {
      const selected = !selection || selection.shapes.has(shape);
      shape.classList.toggle("dimmed", !(selected && rowNumbers(shape).some((number) => visible[Number(number)])));
    });
    const suffix = selection ? `: ${selection.name} (click it again for all)` : "";
    const total = visible.filter(Boolean).length;
    count.textContent = words.length || selection ? `${total} of ${tableRows.length} shown${suffix}` : "";
  };

  const saveQuery = () => {
    const url = input.value ? "#" + encodeURIComponent(input.value) : location.pathname + location.search;
    try { history.replaceState(null, "", url); } catch { /* not allowed for a file */ }
  };

  const loadQuery = () => {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* not written by saveQuery */ }
    input.value = text;
    search();
  };

  const highlightOnHover = (element, related) => {
    const toggle = (on) => related().forEach((each) => each.classList.toggle("highlighted", on));
    element.addEventListener("pointerenter", () => toggle(true));
    element.addEventListener("pointerleave", () => toggle(false));
  };

  tableRows.forEach((row, number) =>
    highlightOnHover(row, () => shapes.filter((shape) => hasWord(shape, "data-rows", String(number)))));
  shapes.forEach((shape) => {
    const related = () => rowNumbers(shape).map((number) => tableRows[Number(number)]);
    highlightOnHover(shape, related);
    shape.addEventListener("click", () => related()[0].scrollIntoView({ block: "center", behavior: "smooth" }));
  });

  const select = (head, attribute, related) => {
    const wasSelected = selection && selection.head === head;
    if (selection) selection.head.classList.remove("selected");
    const selectedShapes = new Set(related());
    const rows = new Set([...selectedShapes].flatMap(rowNumbers));
    const name = `${attribute === "data-from" ? "from" : "to"} ${head.querySelector("text").textContent}`;
    selection = wasSelected ? null : { head, shapes: selectedShapes, rows, name };
    head.classList.toggle("selected", !wasSelected);
    search();
  };
  all(".connectivity .head").forEach((head) => {
    const attribute = head.hasAttribute("data-from") ? "data-from" : "data-to";
    const related = () => shapes.filter((shape) => hasWord(shape, attribute, head.getAttribute(attribute)));
    highlightOnHover(head, related);
    head.addEventListener("click", () => select(head, attribute, related));
  });

  input.addEventListener("input", () => { search(); saveQuery(); });
  window.addEventListener("hashchange", loadQuery);
  document.getElementById("search").hidden = false;
  loadQuery();
})();
