// The stops that this phone keeps, and those near it. Neither leaves the phone.
(function () {
  "use strict";
  function item(list, href, text, small) {
    var li = document.createElement("li"), a = document.createElement("a"), name = document.createElement("span"), s;
    a.className = "more"; a.href = href; name.textContent = text; a.appendChild(name);
    if (small) { s = document.createElement("small"); s.className = "num"; s.textContent = small; a.appendChild(s); }
    li.appendChild(a); list.appendChild(li);
  }
  var box = document.getElementById("mine"), near = document.getElementById("near"), mine = [];
  try { mine = JSON.parse(localStorage.getItem("stops") || "[]"); } catch (error) { mine = []; }
  if (box && mine.length) {
    mine.forEach(function (row) { item(box.querySelector("ul"), "/halte/" + encodeURIComponent(row[0]), row[1]); });
    box.hidden = false;
  }
  if (navigator.serviceWorker) navigator.serviceWorker.register("/sw.js").catch(function () {});
  if (!near) return;
  if (!window.isSecureContext || !navigator.geolocation) { document.getElementById("near-why").hidden = false; return; }
  var list = near.querySelector("ul"), said = near.querySelector("p"), words = near.dataset.w.split("|");
  near.hidden = false;
  near.querySelector("button").addEventListener("click", function () {
    said.textContent = words[0];
    navigator.geolocation.getCurrentPosition(function (place) {
      fetch("/api/v1/stops").then(function (answer) { return answer.json(); }).then(function (data) {
        var lat = place.coords.latitude, lon = place.coords.longitude, cos = Math.cos(lat * Math.PI / 180);
        var rows = data.stops.filter(function (s) { return s.stop_lat !== null; }).map(function (s) {
          var north = (s.stop_lat - lat) * 111195, east = (s.stop_lon - lon) * 111195 * cos;
          return [Math.sqrt(north * north + east * east), s];
        }).sort(function (a, b) { return a[0] - b[0]; }).slice(0, 5);
        list.textContent = ""; list.hidden = false; said.textContent = "";
        rows.forEach(function (row) {
          // streets are about 1.3 times as long as the straight line; people walk 1.2 m/s
          var minutes = Math.max(1, Math.round(row[0] * 1.3 / 1.2 / 60));
          item(list, "/halte/" + encodeURIComponent(row[1].stop_id), row[1].stop_name, words[2].replace("#", minutes));
        });
      }).catch(function () { said.textContent = words[1]; });
    }, function () { said.textContent = words[1]; }, { timeout: 15000, maximumAge: 60000 });
  });
})();
