// The console's live part: asked for each 2 s while the page is seen; what is typed, open or in focus survives a new one.
(function () {
 "use strict";
 var box = document.getElementById("control"), bar = document.getElementById("lost");
 if (!box || !window.fetch) return;
 var EVERY = 2000, HIDDEN = 30000, LOST = 6000, tag = "", timer = 0, busy = false, good = Date.now(), wait = EVERY, chosen = "", act = false;
 function born() { var part = document.getElementById("control-part"); return part ? Number(part.dataset.now) : Date.now(); }
 var seen = born();
 function next() { clearTimeout(timer); timer = setTimeout(load, document.hidden ? HIDDEN : wait); }
 function lost() {
  var off = Date.now() - good > LOST && !document.hidden;
  box.parentNode.classList.toggle("lost", off);
  if (!bar) return;
  bar.hidden = !off;
  if (off) bar.textContent = bar.dataset.text.replace("#", new Date(seen).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: bar.dataset.zone }));
 }
 function keep() {
  var kept = { open: [], typed: [], focus: null, scroll: [] };
  box.querySelectorAll("[id]").forEach(function (el) {
   if (el.scrollLeft) kept.scroll.push([el.id, el.scrollLeft]);
  });
  box.querySelectorAll(".advice li").forEach(function (li) {
   var d = li.querySelector("details"), i = li.querySelector("input[name=why]");
   if (d && d.open) kept.open.push(li.id);
   if (i && i.value) kept.typed.push([li.id, i.value]);
   if (i && i === document.activeElement) kept.focus = { id: li.id, start: i.selectionStart };
  });
  var at = document.activeElement;
  if (at && box.contains(at) && at.href) kept.focus = { href: at.getAttribute("href"), name: at.localName, svg: !!at.ownerSVGElement };
  return kept;
 }
 function back(kept) {
  kept.open.forEach(function (id) { var li = document.getElementById(id); if (li && li.querySelector("details")) li.querySelector("details").open = true; });
  kept.typed.forEach(function (row) { var li = document.getElementById(row[0]), i = li && li.querySelector("input[name=why]"); if (i) i.value = row[1]; });
  var f = kept.focus;
  if (f && f.id) { var li = document.getElementById(f.id), i = li && li.querySelector("input[name=why]"); if (i) { i.focus(); i.setSelectionRange(f.start, f.start); } }
  else if (f) Array.prototype.some.call(box.querySelectorAll("a"), function (a) { if (a.getAttribute("href") === f.href && !!a.ownerSVGElement === f.svg) { a.focus({ preventScroll: true }); return true; } return false; });
 }
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
 function load() {
  if (busy) return;
  busy = true;
  var stop = window.AbortController ? new AbortController() : null, late = setTimeout(function () { if (stop) stop.abort(); }, 5000);
  fetch(box.dataset.part, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin", signal: stop ? stop.signal : undefined }).then(function (answer) {
   if (answer.status === 401) { location.reload(); }
   if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
   good = Date.now(); wait = EVERY;
   seen = Number(answer.headers.get("X-Now")) || seen;
   tag = answer.headers.get("ETag") || tag;
   return answer.status === 200 ? answer.text() : null;
  }).then(function (html) {
   if (html === null) return;
   var kept = keep();
   box.innerHTML = html;
   back(kept); marks();
   document.dispatchEvent(new CustomEvent("part"));
  }).catch(function () { wait = Math.min(wait * 2, 20000); }).then(function () { clearTimeout(late); busy = false; lost(); next(); });
 }
 box.addEventListener("click", function (event) {
  var copy = event.target.closest(".copy");
  if (copy) { navigator.clipboard.writeText(copy.dataset.text).then(function () { copy.textContent = "✓ " + copy.textContent.replace("✓ ", ""); }); }
 });
 document.addEventListener("focusin", choose);
 document.addEventListener("mouseover", choose);
 document.addEventListener("bus", function (event) { chosen = event.detail; choice(); });
 var filter = document.getElementById("act");
 if (filter) { filter.hidden = false; filter.addEventListener("click", function () { act = !act; filter.setAttribute("aria-pressed", String(act)); marks(); }); }
 window.consoleNow = function () { return seen + (Date.now() - good); }; // by the server's clock
 function ages() {
  var s = window.consoleNow() / 1000, list = box.querySelectorAll("[data-age]"), words = box.dataset.w.split("|");
  list.forEach(function (el) { var old = Math.max(0, Math.round(s - Number(el.dataset.age))); el.textContent = old < 90 ? words[0].replace("#", old) : old < 5400 ? words[1].replace("#", Math.floor(old / 60)) : words[2].replace("#", Math.round(old / 3600)); });
 }
 document.addEventListener("visibilitychange", function () { if (!document.hidden) { good = Math.max(good, Date.now() - LOST + 1500); load(); } });
 setInterval(function () { ages(); lost(); choice(); }, 1000);
 window.addEventListener("load", function () { // ladders and advice first, then the map
  var beside = document.querySelector(".beside");
  if (!beside) return;
  beside.dataset.css.split(" ").forEach(function (href) { var link = document.createElement("link"); link.rel = "stylesheet"; link.href = href; document.head.appendChild(link); });
  beside.dataset.js.split(" ").forEach(function (src) { var script = document.createElement("script"); script.src = src; script.async = false; document.body.appendChild(script); });
 });
 marks(); next();
})();
