// Buses on the map that folium drew: lettered arrows with their age, grey when old, gone when over.
(function () {
  "use strict";
  var box = document.getElementById("map_city"), city = window.map_city;
  if (!box || !city || !window.fetch) return;
  city.zoomControl.setPosition("bottomright"); // a popup opens over the upper corners
  var night = window.matchMedia && matchMedia("(prefers-color-scheme: dark)").matches, dots = [];
  var words = (box.dataset.w || "").split("|"), routes = {}, markers = {}, EVERY = 5000, timer = 0;
  (box.dataset.routes || "").split(";").forEach(function (row) {
    var part = row.split("|");
    if (part.length === 4) routes[part[0]] = part.slice(1);
  });
  var small = { maxWidth: Math.min(260, box.clientWidth - 60) }; // a popup fits into its map
  function link(href, text) {
    var a = document.createElement("a");
    a.href = href; a.textContent = text;
    return a;
  }
  function card(lines, more) {
    var div = document.createElement("div");
    lines.filter(Boolean).forEach(function (text, n) {
      var p = document.createElement(n ? "div" : "b");
      p.textContent = text;
      div.appendChild(p);
      div.appendChild(document.createElement("br"));
    });
    if (more) div.appendChild(more);
    return div;
  }
  city.eachLayer(function (layer) {
    var it = layer.feature && layer.feature.properties;
    if (!it || !layer.bindPopup) return;
    if (it.stop_id) dots.push(layer);
    if (night && it.kind === "ground") layer.setStyle({ color: "#33413a", fillColor: "#18211d" });
    if (night && !it.kind && !it.stop_id && !it.place_id && !it.route_id && layer.setStyle) layer.setStyle({ color: "#37453e" });
    if (it.stop_id) layer.bindPopup(card([it.name, it.code || "", it.confidence && it.confidence !== "exact" ? words[5] : ""], link("/halte/" + encodeURIComponent(it.stop_id), words[4])), small);
    if (it.place_id) {
      layer.bindPopup(card([it.name, it.precision !== "exact" ? words[5] : ""], link("/wisata/" + encodeURIComponent(it.place_id), words[6])), small);
      if (it.precision !== "exact") L.circle(layer.getLatLng(), { radius: it.error_m, color: "#7a4a00", weight: 1, dashArray: "4 6", fillOpacity: 0.04, interactive: false }).addTo(city);
      if (box.dataset.place === it.place_id) { city.setView(layer.getLatLng(), 15, { animate: false }); layer.openPopup(); }
    }
  });
  function size() { // at the zoom of a whole city the lines must be seen between the stops
    var zoom = city.getZoom(), radius = zoom < 12 ? 1.5 : zoom < 14 ? 3 : zoom < 15 ? 4.5 : 6;
    dots.forEach(function (dot) { dot.setRadius(radius); dot.setStyle({ weight: radius < 4 ? 1 : 2 }); });
  }
  city.on("zoomend", size);
  size();
  if (!box.dataset.routes) return;
  function age(seconds) {
    return seconds < 90 ? words[1].replace("#", Math.max(0, Math.round(seconds))) : words[2].replace("#", Math.floor(seconds / 60));
  }
  function icon(it) {
    var route = routes[it.route_id] || ["?", "455a64", "ffffff"], back = it.old ? "6b746f" : route[1], ink = it.old ? "ffffff" : route[2];
    var turn = it.bearing === null || it.bearing === undefined ? "" : '<path d="M22 1l6 9H16z" fill="#' + back + '" stroke="#fff" transform="rotate(' + Number(it.bearing) + ' 22 22)"/>';
    var svg = '<svg width="44" height="44" viewBox="0 0 44 44" aria-hidden="true">' + turn + '<circle cx="22" cy="22" r="12" fill="#' + back + '" stroke="#fff" stroke-width="2"/><text x="22" y="27" text-anchor="middle" font-size="13" font-weight="700" fill="#' + ink + '"></text></svg>';
    var holder = document.createElement("div");
    holder.innerHTML = svg;
    holder.querySelector("text").textContent = route[0].charAt(0).toUpperCase();
    return L.divIcon({ className: "busicon", html: holder.firstChild, iconSize: [44, 44] });
  }
  function draw(data) {
    var seen = {};
    data.features.forEach(function (one) {
      var it = one.properties, at = [one.geometry.coordinates[1], one.geometry.coordinates[0]], name = words[0].replace("#", one.id);
      seen[one.id] = true;
      var marker = markers[one.id];
      if (!marker) marker = markers[one.id] = L.marker(at, { icon: icon(it), title: name, alt: name, keyboard: true }).addTo(city).bindPopup("", small);
      else marker.setLatLng(at).setIcon(icon(it));
      marker.setPopupContent(card([name + (it.is_demo ? " · " + words[3] : ""), it.headsign, age(it.age_s)], it.next_stop_id ? link("/halte/" + encodeURIComponent(it.next_stop_id), words[4]) : null));
    });
    Object.keys(markers).forEach(function (id) {
      if (!seen[id]) { city.removeLayer(markers[id]); delete markers[id]; }
    });
  }
  function next(ms) { clearTimeout(timer); timer = setTimeout(load, ms); }
  function load() {
    if (document.hidden) return;
    fetch("/api/v1/vehicles.geojson").then(function (answer) { return answer.json(); }).then(function (data) {
      draw(data); EVERY = 5000; next(EVERY);
    }).catch(function () { EVERY = Math.min(EVERY * 2, 60000); next(EVERY); });
  }
  document.addEventListener("visibilitychange", function () { if (!document.hidden) load(); });
  load();
})();
