// The map beside the list, where there is room; on a phone where its picture is tapped.
(function () {
 "use strict";
 var me = document.currentScript;
 var box = document.getElementById("map_city"), still = document.getElementById("still"), sheets = 2;
 if (!me || !box || !window.matchMedia) return;
 function load() {
  if (still) still.hidden = true;
  box.hidden = false;
  [me.dataset.css, me.dataset.own].forEach(function (href) {
   var link = document.createElement("link");
   link.onload = link.onerror = draw;
   link.rel = "stylesheet"; link.href = href;
   document.head.appendChild(link);
  });
 }
 function draw() { // after both sheets: Leaflet measures its box
  sheets -= 1;
  if (!sheets) me.dataset.js.split(" ").forEach(function (src) {
   var script = document.createElement("script");
   script.src = src; script.async = false;
   document.body.appendChild(script);
  });
 }
 if (matchMedia("(min-width:64rem)").matches) load();
 else if (still) still.addEventListener("click", function (event) { event.preventDefault(); load(); });
})();
