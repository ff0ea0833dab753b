// "From where I am": the phone looks for the three nearest stops and sends their ids, in no order. Where it is stays with it.
(function () {
  "use strict";
  var button = document.getElementById("mine-start"), field = document.getElementById("dari");
  if (!button || !field || !window.isSecureContext || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(function (place) {
      fetch("/api/v1/stops").then(function (answer) { return answer.json(); }).then(function (data) {
        var lat = place.coords.latitude, lon = place.coords.longitude, cos = Math.cos(lat * Math.PI / 180);
        var near = data.stops.filter(function (s) { return s.stop_lat !== null; }).map(function (s) {
          var north = s.stop_lat - lat, east = (s.stop_lon - lon) * cos;
          return [north * north + east * east, s.stop_id];
        }).sort(function (a, b) { return a[0] - b[0]; }).slice(0, 3).map(function (row) { return row[1]; }).sort();
        field.value = "saya:" + near.join(",");
        button.disabled = false;
        if (document.getElementById("ke").value) field.form.submit();
      }).catch(function () { button.disabled = false; });
    }, function () { button.disabled = false; button.hidden = true; }, { timeout: 15000, maximumAge: 60000 });
  });
})();
