// Keeps the last pages that were looked at. Without a connection a page up to ten minutes old is shown with its age;
// an older one is not: its times would mislead, so the page with headways only is shown instead.
"use strict";
var KEPT = "kept-2", YOUNG = 600000, MOST = 40;
var TIMED = /^\/(halte|perjalanan|koridor|layar|embed|rute|wisata)(\/|$)/; // pages that say when a bus comes
self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(KEPT).then(function (cache) {
    return cache.addAll(SHELL);
  }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.map(function (name) { return name === KEPT ? null : caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});
self.addEventListener("fetch", function (event) {
  var url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (/^\/(static|vendor)\/|^\/peta\/.+\.js$/.test(url.pathname)) return event.respondWith(fromCacheFirst(event.request));
  if (event.request.mode !== "navigate" || url.pathname.indexOf("/armada") === 0 || url.pathname.indexOf("/lapor") === 0) return;
  event.respondWith(fetch(event.request).then(function (answer) {
    if (answer.ok) {
      keep(event.request, answer.clone());
      listen(answer.headers.get("Content-Language"));
    }
    return answer;
  }).catch(function () { return fromMemory(event.request, url); }));
});
function listen(tag) { // the language of the last page is that of the page without a connection
  if (tag) caches.open(KEPT).then(function (cache) { return cache.put("/offline/language", new Response(tag)); });
}
function offline() {
  return caches.match("/offline/language").then(function (kept) { return kept ? kept.text() : SPOKEN; })
    .then(function (tag) { return caches.match("/offline/" + tag); })
    .then(function (page) { return page || caches.match("/offline/" + SPOKEN); });
}
function isShell(request) {
  var url = new URL(request.url);
  return url.pathname === "/offline/language" || SHELL.indexOf(url.pathname + url.search) >= 0;
}
function fromCacheFirst(request) {
  return caches.match(request).then(function (found) {
    return found || fetch(request).then(function (answer) {
      if (answer.ok) keep(request, answer.clone());
      return answer;
    });
  });
}
function keep(request, answer) {
  return answer.blob().then(function (body) {
    var headers = new Headers(answer.headers);
    headers.set("X-Kept", String(Date.now()));
    return caches.open(KEPT).then(function (cache) {
      return cache.put(request, new Response(body, { status: 200, headers: headers })).then(function () { return cache.keys(); })
        .then(function (keys) {
          var others = keys.filter(function (key) { return !isShell(key); });
          return others.length > MOST ? cache.delete(others[0]) : null;
        });
    });
  });
}
function fromMemory(request, url) {
  return caches.match(request).then(function (found) {
    var age = found ? Date.now() - Number(found.headers.get("X-Kept")) : Infinity;
    var stop = /^\/halte\/(.+)$/.exec(url.pathname);
    if (found && (age < YOUNG || !TIMED.test(url.pathname))) {
      return found.text().then(function (html) {
        var headers = new Headers(found.headers);
        headers.delete("Content-Encoding"); headers.delete("Content-Length");
        return new Response(html.replace(' data-now="', ' data-kept="' + Math.round(age) + '" data-now="'), { headers: headers });
      });
    }
    if (url.pathname === "/offline" || !stop) return offline();
    return Response.redirect("/offline#h-" + stop[1], 302);
  });
}
