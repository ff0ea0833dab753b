// Buses on the console's map: their places come with each part of the page; who is chosen there is chosen here, and back.
(function () {
 "use strict";
 var city = window.map_city, control = document.getElementById("control");
 if (!city || !control || !window.L) return;
 var markers = {}, rows = {}, chosen = "", words = control.dataset.w.split("|"), card = null;
 function age(seconds) {
  var old = Math.max(0, Math.round(seconds));
  return old < 90 ? words[0].replace("#", old) : old < 5400 ? words[1].replace("#", Math.floor(old / 60)) : words[2].replace("#", Math.round(old / 3600));
 }
 function icon(it) { // a silent bus is hatched and has a broken edge: shape, not colour alone
  var turn = it.bearing === null || it.is_silent ? "" : '<path d="M30 1l6 9H24z" fill="#' + it.ground + '" stroke="#fff" transform="rotate(' + Number(it.bearing) + ' 30 22)"/>';
  var hatch = '<pattern id="hatch-' + rows[it.id].n + '" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/><rect width="2.5" height="5" fill="#' + it.ground + '"/></pattern>';
  var disc = it.is_silent ? hatch + '<circle cx="30" cy="22" r="12" fill="url(#hatch-' + rows[it.id].n + ')" stroke="#9c1f28" stroke-width="2.5" stroke-dasharray="4 3"/>'
   : '<circle cx="30" cy="22" r="12" fill="#' + it.ground + '" stroke="#fff" stroke-width="2"/><text x="30" y="27" text-anchor="middle" font-size="13" font-weight="700" fill="#' + it.ink + '"></text>';
  var ring = it.id === chosen ? '<circle cx="30" cy="22" r="17" fill="none" stroke="#7d4400" stroke-width="4"/>' : "";
  var holder = document.createElement("div");
  holder.innerHTML = '<svg width="60" height="56" viewBox="0 0 60 56" aria-hidden="true">' + ring + turn + disc + '<text x="30" y="50" text-anchor="middle" font-size="11" font-weight="700" class="busid"></text></svg>';
  var texts = holder.querySelectorAll("text");
  texts[texts.length - 1].textContent = it.id;
  if (!it.is_silent) texts[0].textContent = it.letter;
  return L.divIcon({ className: "busicon" + (it.is_silent ? " silent" : "") + (it.id === chosen ? " chosen" : ""), html: holder.firstChild, iconSize: [60, 56], iconAnchor: [30, 22] });
 }
 function choose(id) { document.dispatchEvent(new CustomEvent("bus", { detail: id })); }
 function popup(it) {
  var div = document.createElement("div"), head = document.createElement("b"), line = document.createElement("div"), a = document.createElement("a");
  head.textContent = it.id; line.textContent = it.words + ", " + age(window.consoleNow() / 1000 - it.heard_at);
  a.href = "/armada/bus/" + encodeURIComponent(it.id); a.textContent = box().dataset.more;
  [head, line, a].forEach(function (el) { div.appendChild(el); });
  return div;
 }
 function box() { return document.getElementById("places") || { dataset: {} }; }
 function draw() {
  var list = JSON.parse(box().dataset.places || "[]"), seen = {};
  list.forEach(function (it) {
   var was = rows[it.id], at = [it.lat, it.lon], key = JSON.stringify([it.bearing, it.ground, it.letter, it.is_silent, it.id === chosen]);
   seen[it.id] = true;
   rows[it.id] = it; it.n = was ? was.n : Object.keys(rows).length;
   var marker = markers[it.id], name = it.id + ", " + it.words;
   if (!marker) {
    marker = markers[it.id] = L.marker(at, { icon: icon(it), title: name, alt: name, keyboard: true }).addTo(city).bindPopup(function () { return popup(rows[it.id]); });
    marker.on("mouseover click", function () { choose(it.id); });
    marker.getElement().addEventListener("focus", function () { choose(it.id); });
   } else {
    marker.setLatLng(at);
    if (marker.key !== key) { // in place: whoever has the focus keeps it
     var fresh = icon(it), el = marker.getElement();
     el.replaceChild(fresh.options.html, el.firstChild);
     el.classList.toggle("silent", it.is_silent); el.classList.toggle("chosen", it.id === chosen);
    }
    marker.getElement().title = name; marker.getElement().setAttribute("alt", name);
   }
   marker.key = key;
   marker.setZIndexOffset(it.id === chosen ? 1000 : 0);
  });
  Object.keys(markers).forEach(function (id) { if (!seen[id]) { city.removeLayer(markers[id]); delete markers[id]; delete rows[id]; } });
 }
 document.addEventListener("part", draw);
 document.addEventListener("bus", function (event) {
  if (event.detail === chosen) return;
  chosen = event.detail;
  draw();
  if (markers[chosen] && !city.getBounds().contains(markers[chosen].getLatLng())) city.panTo(markers[chosen].getLatLng());
 });
 draw();
})();
