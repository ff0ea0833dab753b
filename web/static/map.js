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
      if (!n) div.appendChild(document.createElement("br"));
    });
    if (more) div.appendChild(more);
    return div;
  }
  function board(stop) { // the next buses, asked for when the popup opens
    return function () {
      var div = card([stop.name, stop.code || "", stop.confidence && stop.confidence !== "exact" ? words[5] : ""]), part = document.createElement("div");
      div.appendChild(part);
      div.appendChild(link("/halte/" + encodeURIComponent(stop.stop_id), words[4]));
      fetch("/?part=now&s=" + encodeURIComponent(stop.stop_id)).then(function (answer) { return answer.text(); }).then(function (html) {
        var rows = new DOMParser().parseFromString(html, "text/html").querySelectorAll(".go");
        Array.prototype.forEach.call(rows, function (row) { part.appendChild(document.importNode(row, true)); });
        var over = div.isConnected ? div.closest(".leaflet-popup").getBoundingClientRect().top - box.getBoundingClientRect().top - 8 : 0;
        if (over < 0) city.panBy([0, over]); // it has grown: its first line stays within the map
      }).catch(function () {});
      return div;
    };
  }
  var extras = [], lines = {}, stops = {};
  city.eachLayer(function (layer) {
    var it = layer.feature && layer.feature.properties;
    if (!it || !layer.bindPopup) return;
    if (!it.stop_id && !it.place_id && !it.route_id) extras.push(layer);
    if (it.route_id && layer.getBounds) (lines[it.route_id] = lines[it.route_id] || []).push(layer);
    if (it.stop_id) stops[it.stop_id] = layer;
    if (it.stop_id) dots.push(layer);
    if (night && it.kind === "ground") layer.setStyle({ color: "#33413a", fillColor: "#18211d" });
    else if (night && !it.stop_id && !it.place_id && !it.route_id && layer.setStyle) layer.setStyle({ color: "#37453e" }); // a street
    if (it.stop_id) layer.bindPopup(board(it), small);
    if (it.place_id) {
      layer.bindPopup(card([it.name, it.precision !== "exact" ? words[5] : ""], link("/wisata/" + encodeURIComponent(it.place_id), words[6])), small);
      if (it.precision !== "exact") L.circle(layer.getLatLng(), { radius: it.error_m, color: "#7a4a00", weight: 1, dashArray: "4 6", fillOpacity: 0.04, interactive: false }).addTo(city);
      if (box.dataset.place === it.place_id) { city.setView(layer.getLatLng(), 15, { animate: false }); layer.openPopup(); }
    }
  });
  function beside(layer) { // lines that share a street lie side by side at every zoom
    var side = layer.feature.properties.side;
    if (!side) return;
    layer.own = layer.own || layer.getLatLngs();
    var at = layer.own.map(function (point) { return city.project(point); });
    layer.setLatLngs(at.map(function (point, n) {
      var from = at[Math.max(0, n - 1)], to = at[Math.min(at.length - 1, n + 1)], long = from.distanceTo(to) || 1;
      return city.unproject(L.point(point.x - side * 5 * (to.y - from.y) / long, point.y + side * 5 * (to.x - from.x) / long));
    }));
  }
  function size() { // at the zoom of a whole city the lines must be seen between the stops
    var zoom = city.getZoom(), radius = zoom < 12 ? 1.5 : zoom < 14 ? 3 : zoom < 15 ? 4.5 : 6;
    Object.keys(lines).forEach(function (id) { lines[id].forEach(beside); });
    dots.forEach(function (dot) { dot.setRadius(radius); dot.setStyle({ weight: radius < 4 ? 1 : 2 }); });
  }
  city.on("zoomend", size);
  size();
  var focus = (box.dataset.focus || "").split(":");
  if (focus[0] === "halte" && stops[focus[1]]) city.setView(stops[focus[1]].getLatLng(), 15, { animate: false });
  if (focus[0] === "koridor" && lines[focus[1]]) city.fitBounds(L.featureGroup(lines[focus[1]]).getBounds(), { animate: false });
  var tour = (box.dataset.tour || "").split(";").filter(Boolean).map(function (row) { return row.split(","); });
  tour.forEach(function (row) {
    var number = document.createElement("b");
    number.textContent = row[2];
    L.marker([row[0], row[1]], { interactive: false, keyboard: false, zIndexOffset: 500, icon: L.divIcon({ className: "number", html: number, iconSize: [18 + 8 * row[2].length, 26] }) }).addTo(city);
  });
  if (tour.length) city.fitBounds(tour.map(function (row) { return [row[0], row[1]]; }), { animate: false, padding: [40, 40] });
  var marks = JSON.parse(box.dataset.marks || "[]").filter(function (row) { return stops[row[0]]; }); // how far one comes
  marks.forEach(function (row) {
    stops[row[0]].setStyle({ color: "#fff", fillColor: row[2], fillOpacity: 1 });
    if (!row[1]) return;
    var minutes = document.createElement("b");
    minutes.textContent = row[1];
    var ink = parseInt(row[2].slice(1), 16), light = (ink >> 16) * 0.3 + ((ink >> 8) & 255) * 0.59 + (ink & 255) * 0.11;
    minutes.style.color = light > 115 ? "#16211c" : "#fff"; // readable on each colour: 4.5 to 1 and more
    minutes.style.background = row[2]; minutes.style.display = "block"; minutes.style.borderRadius = "50%";
    L.marker(stops[row[0]].getLatLng(), { interactive: false, keyboard: false, icon: L.divIcon({ className: "number", html: minutes, iconSize: [26, 26], iconAnchor: [13, 34] }) }).addTo(city);
  });
  if (marks.length > 1) city.fitBounds(marks.map(function (row) { return stops[row[0]].getLatLng(); }), { animate: false, padding: [40, 40] });
  city.attributionControl || (city.attributionControl = L.control.attribution({ prefix: false, position: "bottomleft" }).addTo(city));
  locate();
  ground();
  function locate() { // asked for by a tap; where the phone is stays on it
    if (!window.isSecureContext || !navigator.geolocation) return;
    var Where = L.Control.extend({ onAdd: function () {
      var bar = L.DomUtil.create("div", "leaflet-bar"), button = L.DomUtil.create("button", "", bar), spot = null;
      button.type = "button"; button.title = words[7]; button.setAttribute("aria-label", words[7]);
      button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v4M12 18v4M2 12h4M18 12h4"/></svg>';
      L.DomEvent.disableClickPropagation(bar);
      button.addEventListener("click", function () {
        navigator.geolocation.getCurrentPosition(function (place) {
          var at = [place.coords.latitude, place.coords.longitude];
          if (spot) spot.remove();
          spot = L.layerGroup([L.circle(at, { radius: place.coords.accuracy, color: "#1565c0", weight: 1, fillOpacity: 0.1, interactive: false }),
            L.circleMarker(at, { radius: 7, color: "#fff", weight: 2, fillColor: "#1565c0", fillOpacity: 1, interactive: false })]).addTo(city);
          city.setView(at, Math.max(15, city.getZoom()));
        }, function () { button.title = words[8]; button.disabled = true; }, { timeout: 15000, maximumAge: 60000 });
      });
      return bar;
    } });
    new Where({ position: "bottomright" }).addTo(city);
  }
  // the ground of our own origin: streets, water, rail, parks; finer parts where one looks closely; names where they find room
  function ground() {
    if (!box.dataset.ground || !city.createPane) return;
    city.createPane("ground").style.zIndex = 250;
    city.createPane("names").style.zIndex = 450;
    city.getPane("names").style.pointerEvents = "none";
    var canvas = L.canvas({ pane: "ground", padding: 0.3 }), known = [], drawn = [], names = L.layerGroup().addTo(city), asked = {}, base = null;
    var inks = night ? { water: "#16303d", green: "#18261d", building: "#222c28", path: "#2b3531", river: "#1d4052", minor: "#333f3a", rail: "#55605a", middle: "#46534d", major: "#5c6a5f" }
      : { water: "#b9d8e8", green: "#d5e5c8", building: "#ded9cc", path: "#e2ddcf", river: "#9cc8de", minor: "#ffffff", rail: "#a8a8a8", middle: "#ffffff", major: "#f5d98f" };
    var widths = { path: 0.6, river: 1.6, minor: 1.4, rail: 1, middle: 2.4, major: 3.2 };
    function points(text) { // encoded polyline
      var at = 0, lat = 0, lon = 0, all = [];
      function step() {
        var shift = 0, sum = 0, byte;
        do { byte = text.charCodeAt(at++) - 63; sum |= (byte & 31) << shift; shift += 5; } while (byte >= 32);
        return sum & 1 ? ~(sum >> 1) : sum >> 1;
      }
      while (at < text.length) { lat += step(); lon += step(); all.push([lat / 1e5, lon / 1e5]); }
      return all;
    }
    function weight(kind) { return (widths[kind] || 1) * Math.pow(1.45, city.getZoom() - 14); }
    function add(part) {
      part.layers.forEach(function (layer) {
        layer.shapes.forEach(function (text) {
          var options = { renderer: canvas, pane: "ground", interactive: false, color: inks[layer.kind], weight: weight(layer.kind) };
          if (layer.is_area) L.polygon(points(text), { renderer: canvas, pane: "ground", interactive: false, stroke: false, fillColor: inks[layer.kind], fillOpacity: 1 }).addTo(city);
          else { var line = L.polyline(points(text), options).addTo(city); line.kind = layer.kind; drawn.push(line); }
        });
      });
      known = known.concat(part.labels).sort(function (a, b) { return a[3] - b[3]; });
      label();
    }
    function closer() {
      if (!base || !base.parts.length || city.getZoom() < 15) return;
      var view = city.getBounds(), b = base.box;
      base.parts.forEach(function (name) {
        var cell = name.split("-").map(Number), tall = (b[2] - b[0]) / base.grid[0], wide = (b[3] - b[1]) / base.grid[1];
        var south = b[0] + cell[0] * tall, west = b[1] + cell[1] * wide;
        if (asked[name] || !view.intersects([[south, west], [south + tall, west + wide]])) return;
        asked[name] = true;
        fetch("/peta/dasar/" + name + ".json" + box.dataset.ground.replace(/^[^?]*/, "")).then(function (answer) { return answer.json(); }).then(add).catch(function () { asked[name] = false; });
      });
    }
    function label() {
      var zoom = city.getZoom(), size = city.getSize(), taken = [], bare = base && !base.layers.length, rows = [];
      names.clearLayers();
      Object.keys(lines).forEach(function (id) { var at = lines[id][0].getCenter(); rows.push([at.lat, at.lng, (routes[id] || [""])[0], -1]); });
      if (zoom >= 14) dots.forEach(function (dot) { rows.push([dot.getLatLng().lat, dot.getLatLng().lng, dot.feature.properties.name, 0, 10]); });
      rows.concat(known).forEach(function (row) {
        if (!row[2] || taken.length >= 60 || row[3] >= 0 && zoom < (bare ? 12 : row[3] < 3 ? 14 : row[3] < 5 ? 15 : 16)) return;
        var at = city.latLngToContainerPoint([row[0], row[1]]), half = row[2].length * 3.6 + 3, shift = row[4] || 0;
        var area = [at.x - half, at.y - 8 + shift, at.x + half, at.y + 8 + shift];
        if (area[2] < 0 || area[3] < 0 || area[0] > size.x || area[1] > size.y) return;
        if (taken.some(function (other) { return area[0] < other[2] && other[0] < area[2] && area[1] < other[3] && other[1] < area[3]; })) return;
        taken.push(area);
        var text = document.createElement("span");
        text.textContent = row[2];
        names.addLayer(L.marker([row[0], row[1]], { pane: "names", interactive: false, keyboard: false, icon: L.divIcon({ className: "maplabel" + (row[3] < 0 ? " line" : ""), html: text, iconSize: [half * 2, 16], iconAnchor: [half, 8 - shift] }) }));
      });
    }
    city.on("moveend", function () { closer(); label(); });
    city.on("zoomend", function () { drawn.forEach(function (line) { line.setStyle({ weight: weight(line.kind) }); }); });
    label();
    fetch(box.dataset.ground).then(function (answer) { return answer.json(); }).then(function (data) {
      base = data;
      if (data.layers.length) extras.forEach(function (layer) { city.removeLayer(layer); });
      if (data.credit) city.attributionControl.addAttribution(data.credit);
      add(data); closer();
    }).catch(function () {});
  }
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
  city.on("zoomstart", function () { box.classList.remove("glide"); });
  city.on("zoomend", function () { setTimeout(function () { box.classList.add("glide"); }, 300); });
  box.classList.add("glide");
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
