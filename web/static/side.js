// The map beside the list, where there is room; on a phone where its picture is tapped.
(function () {
 "use strict";
 var box = document.getElementById("map_city"), still = document.getElementById("still"), sheets = 0, asked = false;
 if (!box || !window.matchMedia || !window.fetch) return;
 function load() {
  if (asked) return;
  asked = true;
  fetch("/peta/samping", { credentials: "same-origin" }).then(function (answer) {
   if (!answer.ok) throw new Error(answer.status);
   return answer.text();
  }).then(function (html) {
   var page = new DOMParser().parseFromString(html, "text/html"), needs = page.querySelector("p").dataset;
   Array.prototype.forEach.call(page.getElementById("map_city").attributes, function (one) {
    if (!box.hasAttribute(one.name)) box.setAttribute(one.name, one.value);
   });
   if (still) still.hidden = true;
   box.hidden = false;
   sheets = needs.sheets.split(" ").map(function (href) {
    var link = document.createElement("link");
    link.onload = link.onerror = function () { draw(needs.scripts.split(" ")); };
    link.rel = "stylesheet"; link.href = href;
    document.head.appendChild(link);
   }).length;
  }).catch(function () { asked = false; }); // the list is whole without it
 }
 function draw(scripts) { // after all sheets: Leaflet measures its box
  sheets -= 1;
  if (!sheets) scripts.forEach(function (src) {
   var script = document.createElement("script");
   script.src = src; script.async = false;
   document.body.appendChild(script);
  });
 }
 if (matchMedia("(min-width:64rem)").matches) load();
 else if (still) still.addEventListener("click", function (event) { event.preventDefault(); load(); });
})();
