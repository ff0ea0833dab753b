// Asks for a part of a page again and again while the page is seen, by its ETag, and ever more rarely where no answer comes;
// what is typed, open, in focus or pushed aside outlives the part in which it was. Below: the times of riders, by it.
(function () {
 "use strict";
 var LOST = 6000, token = document.querySelector('input[name=csrf_token]:not([value=""])');
 token = token && token.value;
 function ticks() { return window.performance ? performance.now() : Date.now(); }
 function mark(el) { return el.getAttribute("href") || el.getAttribute("name") || ""; }
 function alike(home, tag, text) { return Array.prototype.filter.call(home.getElementsByTagName(tag), function (el) { return mark(el) === text; }); }
 function name(box, el) { // by which it is known again: its id, or its place below what has one
  if (el.id) return { id: el.id };
  var home = el.parentNode.closest("[id]");
  if (!home || !box.contains(home)) home = box;
  return { home: home.id, tag: el.localName, mark: mark(el), n: alike(home, el.localName, mark(el)).indexOf(el) };
 }
 function again(it) {
  if (it.id) return document.getElementById(it.id);
  var home = document.getElementById(it.home);
  return home && alike(home, it.tag, it.mark)[it.n];
 }
 function isTyped(el) {
  if (el.localName === "select") return Array.prototype.some.call(el.options, function (row) { return row.selected !== row.defaultSelected; });
  return el.type !== "hidden" && (el.value !== el.defaultValue || el.checked !== el.defaultChecked);
 }
 function keep(box) {
  var kept = { open: [], typed: [], pushed: [], focus: null, from: null }, at = document.activeElement;
  box.querySelectorAll("details[open]").forEach(function (el) { kept.open.push(name(box, el)); });
  box.querySelectorAll("input,select,textarea").forEach(function (el) { if (isTyped(el)) kept.typed.push([name(box, el), el.value, el.checked]); });
  box.querySelectorAll("[id]").forEach(function (el) { if (el.scrollLeft || el.scrollTop) kept.pushed.push([el.id, el.scrollLeft, el.scrollTop]); });
  if (at && at !== box && box.contains(at)) {
   kept.focus = name(box, at);
   kept.row = at.closest("li[id]");
   if (at.localName === "textarea" || at.type === "text") kept.from = at.selectionStart;
  }
  return kept;
 }
 function putBack(box, kept, other) {
  box.querySelectorAll('input[name=csrf_token][value=""]').forEach(function (el) { el.value = token; }); // a part is the same for all who look
  kept.open.forEach(function (it) { var el = again(it); if (el) el.open = true; });
  kept.typed.forEach(function (row) { var el = again(row[0]); if (el) { el.value = row[1]; el.checked = row[2]; } });
  kept.pushed.forEach(function (row) { var el = document.getElementById(row[0]); if (el) { el.scrollLeft = row[1]; el.scrollTop = row[2]; } });
  var el = kept.focus && again(kept.focus);
  if (other) el = other(el, kept);
  if (!el) return;
  el.focus({ preventScroll: true });
  if (kept.from !== null && el.setSelectionRange) el.setSelectionRange(kept.from, kept.from);
 }
 // o: part (an address), every, hidden (ms; 0: not asked for), longest (ms between two tries), patience (ms for an answer), now and seen
 // (the server's clock, ms), focus(element or nothing, what was kept), swapped(), answered(), failed(), bar (says what is lost), grey
 window.poll = function (box, o) {
  var tag = "", timer = 0, busy = false, turn = 0, wait = o.every, good = ticks(), seen = o.seen || o.now || Date.now(), offset = (o.now || seen) - good;
  function now() { return offset + ticks(); }
  function next() {
   var pause = !document.hidden ? wait : typeof o.hidden === "function" ? o.hidden() : o.hidden;
   clearTimeout(timer);
   if (pause) timer = setTimeout(load, pause);
  }
  function lost() {
   var off = ticks() - good > LOST && !document.hidden;
   o.grey.classList.toggle("lost", off);
   o.bar.hidden = !off;
   if (off) o.bar.textContent = o.bar.dataset.text.replace("#", new Date(seen).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: o.bar.dataset.zone }));
  }
  function swap(html, focus) {
   var kept = keep(box);
   turn++; // an answer that is under way is of before
   box.innerHTML = html;
   putBack(box, kept, focus || o.focus);
   if (o.swapped) o.swapped();
  }
  function load() {
   if (busy) return;
   busy = true;
   var mine = turn, etag = "", stop = window.AbortController ? new AbortController() : null;
   var late = setTimeout(function () { if (stop) stop.abort(); }, o.patience || 5000);
   var options = { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" };
   if (stop) options.signal = stop.signal;
   fetch(o.part, options).then(function (answer) {
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
   }).then(function () { clearTimeout(late); busy = false; if (o.bar) lost(); next(); });
  }
  function ask(fresh) { if (fresh) { tag = ""; wait = o.every; } load(); }
  document.addEventListener("visibilitychange", function () {
   if (!document.hidden) { good = Math.max(good, ticks() - LOST + 1500); load(); } else next();
  });
  if (o.bar) setInterval(lost, 1000);
  next();
  return { ask: ask, swap: function (html, focus) { tag = ""; swap(html, focus); }, now: now, seen: function () { return seen; } };
 };
 if (window.fetch) document.querySelectorAll("[data-part][data-every]").forEach(function (box) { // what has no script of its own
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
  part: location.pathname + box.dataset.part, every: EVERY, longest: 120000, patience: 12000, now: +born.now + +(born.kept || 0), seen: +born.now,
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
