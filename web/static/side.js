// The map beside the list, on screens that have room for it: a phone loads nothing of this.
(function () {
  "use strict";
  var me = document.currentScript;
  if (!me || !document.getElementById("map_city") || !window.matchMedia || !matchMedia("(min-width:64rem)").matches) return;
  [me.dataset.css, me.dataset.own].forEach(function (href) {
    var link = document.createElement("link");
    link.rel = "stylesheet"; link.href = href;
    document.head.appendChild(link);
  });
  me.dataset.js.split(" ").forEach(function (src) {
    var script = document.createElement("script");
    script.src = src; script.async = false; // one after the other
    document.body.appendChild(script);
  });
})();
