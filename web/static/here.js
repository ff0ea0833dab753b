// Finds the stop nearest to the phone and shows the way from there. The position stays on the phone.
(function () {
  "use strict";
  var button = document.getElementById("here"), why = document.getElementById("here-why");
  if (!button) return;
  if (!window.isSecureContext || !navigator.geolocation) { why.hidden = false; return; }
  button.hidden = false;
  button.addEventListener("click", function () {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(function (place) {
      fetch("/api/v1/stops").then(function (answer) { return answer.json(); }).then(function (data) {
        var best = null, least = Infinity, cos = Math.cos(place.coords.latitude * Math.PI / 180);
        data.stops.forEach(function (stop) {
          if (stop.stop_lat === null) return;
          var north = stop.stop_lat - place.coords.latitude, east = (stop.stop_lon - place.coords.longitude) * cos;
          if (north * north + east * east < least) { least = north * north + east * east; best = stop.stop_id; }
        });
        if (best) location.href = "/wisata/" + encodeURIComponent(button.dataset.place) + "?dari=" + encodeURIComponent(best);
      }).catch(function () { button.disabled = false; });
    }, function () { button.disabled = false; }, { timeout: 15000, maximumAge: 60000 });
  });
})();
