// Counts times by the server's clock; a new part every 15 s.
(function () {
 "use strict";
 var box = document.getElementById("live");
 if (!box || !window.fetch || !box.dataset.w) return;
 var words = box.dataset.w.split("|"), fresh = document.getElementById("fresh"), say = document.getElementById("say");
 var EVERY = 15000, wait = EVERY, tag = "", timer = 0, busy = false, offset = 0, good = 0, spoken = "", kept = false;
 function ticks() { return window.performance ? performance.now() : Date.now(); }
 function now() { return offset + ticks(); }
 function setClock(ms) { offset = ms - ticks(); good = ms; }
 window.serverNow = now;
 function part() { return document.getElementById("part"); }
 function minutes(el, s) {
  var left = Number(el.dataset.t) - s, r = el.dataset.r;
  if (left < -60) return words[1];
  if (r && left > 30) {
   r = r.split(",");
   var a = Math.max(1, Math.floor((r[0] - s) / 60));
   return words[2].replace("#", a + "–" + Math.max(a + 1, Math.ceil((r[1] - s) / 60)));
  }
  if (left <= 30) return words[0];
  return words[2].replace("#", Math.max(1, Math.floor(left / 60)));
 }
 function age(t, s) {
  var old = Math.round(s - t);
  if (old < -10) return words[8];
  if (old < 90) return words[3].replace("#", Math.max(0, old));
  if (old < 5400) return words[4].replace("#", Math.floor(old / 60));
  return words[6].replace("#", Math.round(old / 3600));
 }
 function put(el, text) { if (el.textContent !== text) el.textContent = text; }
 function tell() {
  var s = now() / 1000, i, all = box.querySelectorAll("[data-t]");
  for (i = 0; i < all.length; i++) put(all[i], minutes(all[i], s));
  all = document.querySelectorAll("[data-age]");
  for (i = 0; i < all.length; i++) put(all[i], age(Number(all[i].dataset.age), s));
  var off = kept || now() - good > 45000;
  document.body.classList.toggle("offline", off);
  if (off && fresh) { fresh.hidden = false; put(fresh, words[5].replace("#", age(good / 1000, s))); }
  mark(off);
 }
 function mark(off) { // without a connection no row may say that it is live
  var i, el, text, all = box.querySelectorAll(".st.live, .st.live_old, .st.at_terminal, .st.next_trip");
  for (i = 0; i < all.length; i++) {
   el = all[i]; text = el.lastChild;
   if (off && !el.dataset.was) { el.dataset.was = text.textContent; text.textContent = words[7]; }
   else if (!off && el.dataset.was) { text.textContent = el.dataset.was; delete el.dataset.was; }
  }
 }
 function speak() {
  var first = box.querySelector(".row .when b"), head = box.querySelector(".card h2");
  if (!say || !first || !head) return;
  var text = head.textContent + ": " + first.textContent;
  if (text !== spoken) { spoken = text; put(say, text); }
 }
 function next(ms) { clearTimeout(timer); timer = setTimeout(load, ms); }
 function load() {
  if (busy || (document.hidden && !window.armed)) return;
  busy = true;
  var stop = window.AbortController ? new AbortController() : null;
  var late = setTimeout(function () { if (stop) stop.abort(); }, 12000);
  var options = { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" };
  if (stop) options.signal = stop.signal;
  fetch(location.pathname + box.dataset.part, options).then(function (answer) {
   if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
   setClock(Number(answer.headers.get("X-Now")) || now());
   kept = false;
   tag = answer.headers.get("ETag") || tag;
   wait = EVERY;
   return answer.status === 200 ? answer.text() : null;
  }).then(function (html) {
   if (html !== null) swap(html);
   if (fresh) fresh.hidden = true;
   tell(); speak();
  }).catch(function () {
   wait = Math.min(wait * 2, 120000);
   if (fresh) fresh.hidden = false;
   tell();
  }).then(function () { clearTimeout(late); busy = false; next(wait); });
 }
 function swap(html) {
  var link = document.activeElement, at = link && box.contains(link) && link.getAttribute("href");
  var open = box.querySelector("details[open]");
  box.innerHTML = html;
  document.dispatchEvent(new Event("swapped"));
  if (open) { var d = box.querySelector("details"); if (d) d.open = true; }
  if (at) { var again = box.querySelector('a[href="' + at.replace(/"/g, "") + '"]'); if (again) again.focus(); }
 }
 var born = part().dataset;
 kept = born.kept !== undefined;
 setClock(+born.now + +(born.kept || 0));
 good = +born.now;
 if (navigator.serviceWorker) navigator.serviceWorker.register("/sw.js");
 tell();
 setInterval(tell, 1000);
 document.addEventListener("visibilitychange", function () { if (!document.hidden) load(); else if (!window.armed) clearTimeout(timer); });
 window.addEventListener("offline", function () { kept = true; tell(); });
 window.addEventListener("online", function () { wait = EVERY; load(); });
 window.addEventListener("pageshow", function (event) { if (event.persisted) load(); });
 document.addEventListener("ask", function () { tag = ""; load(); });
 next(box.dataset.soon ? 0 : EVERY);
 var fav = document.getElementById("fav"), share = document.getElementById("share");
 if (fav) try {
  var mine = JSON.parse(localStorage.getItem("stops") || "[]"), on = fav.textContent;
  var known = function () { return mine.some(function (row) { return row[0] === fav.dataset.id; }); };
  var show = function () { fav.hidden = false; fav.textContent = known() ? fav.dataset.off : on; fav.setAttribute("aria-pressed", String(known())); };
  fav.addEventListener("click", function () {
   mine = known() ? mine.filter(function (row) { return row[0] !== fav.dataset.id; }) : [[fav.dataset.id, fav.dataset.name]].concat(mine).slice(0, 12);
   localStorage.setItem("stops", JSON.stringify(mine)); show();
  });
  show();
 } catch (error) { fav.hidden = true; }
 if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener("click", function () { navigator.share({ title: document.title, url: location.href }).catch(function () {}); });
 }
})();
