// The inbox, which live.js asks for each 2 s: its forms swap it in place, and who was at a row finds it, or what is there now.
(function () {
 "use strict";
 var box = document.getElementById("inbox");
 if (!box || !window.fetch || !window.FormData) return;
 function there(el, kept) {
  if (!el && kept.row) { // the row moved, or its button is another one now
   var again = document.getElementById(kept.row.id), hidden = again && again.parentElement.closest("details:not([open])");
   el = hidden ? hidden.querySelector("summary") : again ? again.querySelector("button,a,summary") : null;
  }
  if (!el && kept.focus) { el = document.getElementById("kotak"); el.tabIndex = -1; }
  return el;
 }
 var poll = window.poll(box, { part: box.dataset.part, every: 2000, hidden: 30000, longest: 20000, focus: there });
 box.addEventListener("submit", function (event) {
  var form = event.target, data = new FormData(form);
  event.preventDefault();
  fetch(form.action + "?part=kotak", { method: "POST", body: new URLSearchParams(data), credentials: "same-origin" }).then(function (answer) {
   if (answer.status !== 200) throw new Error(answer.status);
   return answer.text();
  }).then(function (html) {
   poll.swap(html, function (el, kept) { return box.querySelector("[aria-invalid]") || there(el, kept); });
   var el = box.contains(document.activeElement) && document.activeElement;
   if (el) el.scrollIntoView({ block: "nearest" });
  }).catch(function () { form.submit(); });
 });
})();
