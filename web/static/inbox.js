// The inbox: asked for each 2 s while the page is seen; its forms swap it in place; what is typed, open or in focus survives.
(function () {
 "use strict";
 var box = document.getElementById("inbox");
 if (!box || !window.fetch || !window.FormData) return;
 var EVERY = 2000, HIDDEN = 30000, tag = "", timer = 0, busy = false, turn = 0, wait = EVERY;
 function next() { clearTimeout(timer); timer = setTimeout(load, document.hidden ? HIDDEN : wait); }
 function swap(html, sent) {
  var open = [], typed = [], at = document.activeElement, focus = at && box.contains(at) && at.id, row = at && box.contains(at) && at.closest(".matter"), start = null;
  if (focus && at.localName === "input") start = at.selectionStart;
  box.querySelectorAll("details[open]").forEach(function (el) { open.push(el.id); });
  box.querySelectorAll("input[name=why],select[name=minutes]").forEach(function (el) { if (el.value) typed.push([el.id, el.value]); });
  box.innerHTML = html;
  open.forEach(function (id) { var el = document.getElementById(id); if (el) el.open = true; });
  typed.forEach(function (pair) { var el = document.getElementById(pair[0]); if (el) el.value = pair[1]; });
  var wrong = sent && box.querySelector("[aria-invalid]"), el = wrong || (focus && document.getElementById(focus));
  if (!el && row) { // the row moved, or its button is another one now
   var again = document.getElementById(row.id), hidden = again && again.parentElement.closest("details:not([open])");
   el = hidden ? hidden.querySelector("summary") : again ? again.querySelector("button,a,summary") : null;
  }
  if (!el && (focus || row)) { el = document.getElementById("kotak"); el.tabIndex = -1; }
  if (el) { el.focus({ preventScroll: !sent }); if (start !== null && el.setSelectionRange) el.setSelectionRange(start, start); }
 }
 function load() {
  if (busy) return;
  busy = true;
  var mine = ++turn;
  fetch(box.dataset.part, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" }).then(function (answer) {
   if (answer.status === 401) location.reload();
   if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
   wait = EVERY;
   tag = answer.headers.get("ETag") || tag;
   return answer.status === 200 ? answer.text() : null;
  }).then(function (html) { if (html !== null && mine === turn) swap(html, false); }).catch(function () { wait = Math.min(wait * 2, 20000); }).then(function () { busy = false; next(); });
 }
 box.addEventListener("submit", function (event) {
  var form = event.target, data = new FormData(form);
  event.preventDefault();
  turn++; // an answer that is under way is of before
  fetch(form.action + "?part=kotak", { method: "POST", body: new URLSearchParams(data), credentials: "same-origin" }).then(function (answer) {
   if (answer.status !== 200) throw new Error(answer.status);
   tag = "";
   return answer.text();
  }).then(function (html) { swap(html, true); }).catch(function () { form.submit(); });
 });
 document.addEventListener("visibilitychange", function () { if (!document.hidden) load(); });
 next();
})();
