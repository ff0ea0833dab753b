// The opening screen: the ways and stops that this phone keeps, and those near it, in one request. Where it is stays with it.
(function () {
  "use strict";
  var box = document.getElementById("live"), button = document.getElementById("near"), note = document.getElementById("near-say");
  function kept(name) { try { return JSON.parse(localStorage.getItem(name) || "[]"); } catch (error) { return []; } }
  var stops = kept("stops").slice(0, 4).map(function (row) { return row[0]; }), near = {};
  var ways = kept("pairs").slice(0, 3).map(function (row) { return row[0] + ">" + row[1]; });
  function ask(soon) { // those near in no order: the server does not learn which is nearest
    var ids = stops.concat(Object.keys(near).filter(function (id) { return stops.indexOf(id) < 0; }).sort());
    if (!ids.length && !ways.length) return;
    box.dataset.part = "?part=now" + ways.map(function (way) { return "&w=" + encodeURIComponent(way); }).join("")
      + ids.map(function (id) { return "&s=" + encodeURIComponent(id); }).join("");
    box.dataset.soon = "1";
    if (soon) document.dispatchEvent(new Event("ask"));
  }
  document.addEventListener("swapped", function () { // nearest first, each with the walk
    var rows = Array.prototype.slice.call(box.querySelectorAll("[data-stop]"));
    rows.filter(function (row) { return near[row.dataset.stop] !== undefined; })
      .sort(function (a, b) { return near[a.dataset.stop] - near[b.dataset.stop]; })
      .forEach(function (row) {
        var walk = document.createElement("small");
        walk.textContent = button.dataset.w.split("|")[2].replace("#", Math.max(1, Math.round(near[row.dataset.stop] / 60)));
        row.firstChild.appendChild(walk);
        if (stops.indexOf(row.dataset.stop) < 0) row.parentNode.appendChild(row);
      });
  });
  ask(false);
  if (navigator.serviceWorker) navigator.serviceWorker.register("/sw.js").catch(function () {});
  if (!window.isSecureContext || !navigator.geolocation) { document.getElementById("near-why").hidden = false; return; }
  function look() {
    note.textContent = button.dataset.w.split("|")[0];
    window.nearest(3).then(function (rows) {
      note.textContent = ""; button.hidden = true;
      rows.forEach(function (row) { near[row[1].stop_id] = row[0]; });
      ask(true);
    }).catch(function () { note.textContent = button.dataset.w.split("|")[1]; });
  }
  button.hidden = false;
  button.addEventListener("click", look);
  // who has once said that this page may know where the phone is need not say it again
  if (navigator.permissions && navigator.permissions.query) navigator.permissions.query({ name: "geolocation" })
    .then(function (right) { if (right.state === "granted") look(); }).catch(function () {});
})();
