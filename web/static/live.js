// Asks for a part of a page again and again while it is seen, by ETag, more rarely where no answer comes. Below: riders' times.
(function () {
 "use strict";
 function ticks() { return window.performance ? performance.now() : Date.now(); }
 function plain(box) {
  var at = document.activeElement, href = box.contains(at) && at.getAttribute("href"), open = box.querySelector("details[open]");
  return function () {
   var first = open && box.querySelector("details"), again = href && box.querySelector('a[href="' + CSS.escape(href) + '"]');
   if (first) first.open = true;
   if (again) again.focus();
  };
 }
 // o: docs/WEB.md
 window.poll = function (box, o) {
  var tag = "", timer = 0, busy = false, turn = 0, wait = o.every, good = ticks(), seen = o.seen || o.now || Date.now(), offset = (o.now || seen) - good;
  function now() { return offset + ticks(); }
  function next() {
   var pause = !document.hidden ? wait : typeof o.hidden === "function" ? o.hidden() : o.hidden;
   clearTimeout(timer);
   if (pause) timer = setTimeout(load, pause);
  }
  function swap(html, focus) {
   var putBack = (window.keep || plain)(box);
   turn++;
   box.innerHTML = html;
   putBack(focus || o.focus);
   if (o.swapped) o.swapped();
  }
  function load() {
   if (busy) return;
   busy = true;
   var mine = turn, etag = "", stop = window.AbortController ? new AbortController() : null;
   var late = setTimeout(function () { if (stop) stop.abort(); }, o.patience || 5000);
   var options = { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" };
   if (stop) options.signal = stop.signal;
   fetch(o.part.call ? o.part() : o.part, options).then(function (answer) {
    if (answer.status === 401) location.reload();
    if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
    seen = Number(answer.headers.get("X-Now")) || now();
    etag = answer.headers.get("ETag") || tag;
    return answer.status === 200 ? answer.text() : null;
   }).then(function (html) {
    good = ticks(); offset = seen - good; wait = o.every;
    if (mine === turn) { tag = etag; if (html !== null) swap(html); }
    if (o.answered) o.answered();
   }).catch(function () {
    wait = Math.min(wait * 2, o.longest);
    if (o.failed) o.failed();
   }).then(function () { clearTimeout(late); busy = false; if (o.settled) o.settled(); next(); });
  }
  function ask(fresh) { if (fresh) { tag = ""; wait = o.every; } load(); }
  document.addEventListener("visibilitychange", function () {
   if (!document.hidden) load(); else next();
  });
  next();
  return { ask: ask, swap: function (html, focus) { tag = ""; swap(html, focus); }, now: now, seen: function () { return seen; }, silent: function () { return ticks() - good; } };
 };
 if (window.fetch) document.querySelectorAll("[data-part][data-every]").forEach(function (box) {
  window.poll(box, { part: box.dataset.part, every: 1000 * box.dataset.every, hidden: 60000, longest: 60000 });
 });
})();
// Counts times by the server's clock; a new part every 15 s.
(function () {
 "use strict";
 var box = document.getElementById("live");
 if (!box || !window.fetch || !box.dataset.w) return;
 var words = box.dataset.w.split("|"), fresh = document.getElementById("fresh"), say = document.getElementById("say");
 var EVERY = 15000, spoken = "", born = document.getElementById("part").dataset, kept = born.kept !== undefined;
 var poll = window.poll(box, {
  part: function () { return location.pathname + box.dataset.part; }, every: EVERY, longest: 120000, patience: 12000, now: +born.now + +(born.kept || 0), seen: +born.now,
  hidden: function () { return window.armed ? EVERY : 0; },
  swapped: function () { document.dispatchEvent(new Event("swapped")); },
  answered: function () { kept = false; if (fresh) fresh.hidden = true; tell(); speak(); },
  failed: function () { if (fresh) fresh.hidden = false; tell(); }
 });
 window.serverNow = poll.now;
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
  var s = poll.now() / 1000, i, all = box.querySelectorAll("[data-t]");
  for (i = 0; i < all.length; i++) put(all[i], minutes(all[i], s));
  all = document.querySelectorAll("[data-age]");
  for (i = 0; i < all.length; i++) put(all[i], age(Number(all[i].dataset.age), s));
  var off = kept || poll.now() - poll.seen() > 45000;
  document.body.classList.toggle("offline", off);
  if (off && fresh) { fresh.hidden = false; put(fresh, words[5].replace("#", age(poll.seen() / 1000, s))); }
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
 if (navigator.serviceWorker) navigator.serviceWorker.register("/sw.js");
 tell();
 setInterval(tell, 1000);
 window.addEventListener("offline", function () { kept = true; tell(); });
 window.addEventListener("online", function () { poll.ask(true); });
 window.addEventListener("pageshow", function (event) { if (event.persisted) poll.ask(); });
 document.addEventListener("ask", function () { poll.ask(true); });
 if (box.dataset.soon) poll.ask();
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
