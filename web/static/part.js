// Parts of a page that change by themselves: asked for each 5 s while the page is seen; the focus stays.
(function () {
 "use strict";
 var EVERY = 5000, HIDDEN = 60000, LONGEST = 60000;
 if (!window.fetch) return;
 document.querySelectorAll("#new[data-part]").forEach(function (box) {
  var tag = "", wait = EVERY;
  function next() { setTimeout(load, document.hidden ? HIDDEN : wait); }
  function load() {
   fetch(box.dataset.part, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" }).then(function (answer) {
    if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
    wait = EVERY;
    tag = answer.headers.get("ETag") || tag;
    return answer.status === 200 ? answer.text() : null;
   }).then(function (html) {
    if (html === null) return;
    var at = document.activeElement, id = at && box.contains(at) && at.id;
    box.innerHTML = html;
    at = id && document.getElementById(id);
    if (at) at.focus({ preventScroll: true });
   }).catch(function () { wait = Math.min(wait * 2, LONGEST); }).then(next);
  }
  next();
 });
})();
