{# What the map beside a list needs and a phone does without: side.js runs it where there is room. In the reader's language #}
{% from "map_box.html" import map_box with context %}
(function () {
 "use strict";
 var box = document.getElementById("map_city"), still = document.getElementById("still"), made = document.createElement("div");
 made.innerHTML = {{ map_box(tall=True)|string|tojson }};
 Array.prototype.forEach.call(made.firstChild.attributes, function (one) {
  if (!box.hasAttribute(one.name)) box.setAttribute(one.name, one.value);
 });
 if (still) still.hidden = true;
 box.hidden = false;
 var sheets = {{ ["/vendor/leaflet/leaflet.css?v=1.9.3", static_url("map.css")]|tojson }}, waits = sheets.length;
 function draw() { // after all sheets: Leaflet measures its box
  waits -= 1;
  if (!waits) {{ ["/vendor/leaflet/leaflet.js?v=1.9.3", map_script("city"), static_url("map.js")]|tojson }}.forEach(function (src) {
   var script = document.createElement("script");
   script.src = src; script.async = false;
   document.body.appendChild(script);
  });
 }
 sheets.forEach(function (href) {
  var link = document.createElement("link");
  link.onload = link.onerror = draw;
  link.rel = "stylesheet"; link.href = href;
  document.head.appendChild(link);
 });
})();
