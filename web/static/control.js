// The console's live part, which live.js asks for each 2 s: which bus is chosen, what needs action, ages, what is copied.
(function () {
 "use strict";
 var box = document.getElementById("control"), part = document.getElementById("control-part");
 if (!box || !part || !window.fetch) return;
 var LOST = 6000, chosen = "", act = false, back = 0;
 function marks() {
  box.querySelectorAll(".copy").forEach(function (el) { el.hidden = !navigator.clipboard; });
  box.querySelectorAll(".corridor").forEach(function (el) { el.hidden = act && el.dataset.act === undefined; });
  choice();
 }
 function choice() { // in the ladder, in its table, in the list of all vehicles; the map listens
  document.querySelectorAll("#control .chosen, #live .chosen").forEach(function (el) { el.classList.remove("chosen"); });
  if (!chosen) return;
  document.querySelectorAll('#control a[href="/armada/bus/' + CSS.escape(encodeURIComponent(chosen)) + '"]').forEach(function (a) { (a.ownerSVGElement ? a : a.closest("tr") || a).classList.add("chosen"); });
  document.querySelectorAll('#live tr[data-bus="' + CSS.escape(chosen) + '"]').forEach(function (row) { row.classList.add("chosen"); });
 }
 function of(target) { // the bus that an element is about
  var el = target.closest && target.closest('tr[data-bus], tr[id^="bus-"], a[href^="/armada/bus/"]');
  return !el ? "" : el.dataset.bus || (el.id ? el.id.slice(4) : decodeURIComponent(el.getAttribute("href").slice(12)));
 }
 function choose(event) {
  var id = of(event.target);
  if (id && id !== chosen) document.dispatchEvent(new CustomEvent("bus", { detail: id }));
 }
 var poll = window.poll(box, {
  part: box.dataset.part, every: 2000, hidden: 30000, longest: 20000, now: Number(part.dataset.now), settled: lost,
  swapped: function () { marks(); document.dispatchEvent(new CustomEvent("part")); }
 });
 function lost() { // who comes back to a hidden page waits for one answer before it is called old
  var off = poll.silent() > LOST && !document.hidden && Date.now() > back + 1500, bar = document.getElementById("lost");
  document.getElementById("content").classList.toggle("lost", off);
  bar.hidden = !off;
  if (off) bar.textContent = bar.dataset.text.replace("#", new Date(poll.seen()).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: bar.dataset.zone }));
 }
 document.addEventListener("visibilitychange", function () { if (!document.hidden) back = Date.now(); });
 setInterval(lost, 1000);
 box.addEventListener("click", function (event) {
  var copy = event.target.closest(".copy");
  if (copy) { navigator.clipboard.writeText(copy.dataset.text).then(function () { copy.textContent = "✓ " + copy.textContent.replace("✓ ", ""); }); }
 });
 document.addEventListener("focusin", choose);
 document.addEventListener("mouseover", choose);
 document.addEventListener("bus", function (event) { chosen = event.detail; choice(); });
 var filter = document.getElementById("act");
 if (filter) { filter.hidden = false; filter.addEventListener("click", function () { act = !act; filter.setAttribute("aria-pressed", String(act)); marks(); }); }
 window.consoleNow = poll.now; // by the server's clock
 function ages() {
  var s = window.consoleNow() / 1000, list = box.querySelectorAll("[data-age]"), words = box.dataset.w.split("|");
  list.forEach(function (el) { var old = Math.max(0, Math.round(s - Number(el.dataset.age))); el.textContent = old < 90 ? words[0].replace("#", old) : old < 5400 ? words[1].replace("#", Math.floor(old / 60)) : words[2].replace("#", Math.round(old / 3600)); });
 }
 setInterval(function () { ages(); choice(); }, 1000);
 window.addEventListener("load", function () { // ladders and advice first, then the map
  var beside = document.querySelector(".beside");
  if (!beside) return;
  beside.dataset.css.split(" ").forEach(function (href) { var link = document.createElement("link"); link.rel = "stylesheet"; link.href = href; document.head.appendChild(link); });
  beside.dataset.js.split(" ").forEach(function (src) { var script = document.createElement("script"); script.src = src; script.async = false; document.body.appendChild(script); });
 });
 marks();
})();
