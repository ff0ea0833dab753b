// The map beside the list, where there is room; on a phone where its picture is tapped. A phone without it loads no more than this.
(function () {
 "use strict";
 var box = document.getElementById("map_city"), still = document.getElementById("still");
 if (!box || !window.matchMedia) return;
 function load() {
  var script = document.createElement("script");
  script.src = "/peta/samping"; // web/templates/map_beside.js
  document.body.appendChild(script);
 }
 if (matchMedia("(min-width:64rem)").matches) load();
 else if (still) still.addEventListener("click", function (event) { event.preventDefault(); load(); }, { once: true });
})();
