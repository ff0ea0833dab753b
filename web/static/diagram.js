// The network diagram anew every 30 s, while somebody sees it.
(function () {
  "use strict";
  var picture = document.getElementById("diagram"), seen = false;
  if (!picture || !window.IntersectionObserver) return;
  new IntersectionObserver(function (rows) { seen = rows[rows.length - 1].isIntersecting; }).observe(picture);
  setInterval(function () {
    if (!seen || document.hidden || document.body.classList.contains("offline")) return;
    var fresh = new Image(), address = picture.getAttribute("src").split("?")[0] + "?t=" + Date.now();
    fresh.onload = function () { picture.src = address; };
    fresh.src = address;
  }, 30000);
})();
