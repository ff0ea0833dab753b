// Keeps the last pages that were looked at. Without a connection a page up to ten minutes old is shown with its age;
// an older one is not: its times would mislead, so the page with headways only is shown instead.
"use strict";
var KEPT = "kept-1", YOUNG = 600000, MOST = 40;
self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(KEPT).then(function (cache) {
    return cache.addAll(SHELL.concat(["/offline"]));
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
    if (answer.ok) keep(event.request, answer.clone());
    return answer;
  }).catch(function () { return fromMemory(event.request, url); }));
});
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
        .then(function (keys) { return keys.length > MOST ? cache.delete(keys[SHELL.length + 1]) : null; });
    });
  });
}
function fromMemory(request, url) {
  return caches.match(request).then(function (found) {
    var age = found ? Date.now() - Number(found.headers.get("X-Kept")) : Infinity;
    var stop = /^\/halte\/(.+)$/.exec(url.pathname);
    if (found && (age < YOUNG || !/^\/(halte|perjalanan|koridor|layar|embed)\//.test(url.pathname))) {
      return found.text().then(function (html) {
        var headers = new Headers(found.headers);
        headers.delete("Content-Encoding"); headers.delete("Content-Length");
        return new Response(html.replace(' data-now="', ' data-kept="' + Math.round(age) + '" data-now="'), { headers: headers });
      });
    }
    if (url.pathname === "/offline" || !stop) return caches.match("/offline");
    return Response.redirect("/offline#h-" + stop[1], 302);
  });
}
