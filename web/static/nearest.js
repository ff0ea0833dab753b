// The stops nearest to the phone, with the seconds to walk there. The position stays on the phone.
window.nearest = function (most) {
  "use strict";
  return new Promise(function (resolve, reject) {
    navigator.geolocation.getCurrentPosition(function (place) {
      fetch("/api/v1/stops").then(function (answer) { return answer.json(); }).then(function (data) {
        var lat = place.coords.latitude, lon = place.coords.longitude, cos = Math.cos(lat * Math.PI / 180);
        resolve(data.stops.filter(function (s) { return s.stop_lat !== null; }).map(function (s) {
          var north = (s.stop_lat - lat) * 111195, east = (s.stop_lon - lon) * 111195 * cos;
          // streets are about 1.3 times as long as the straight line; people walk 1.2 m/s
          return [Math.sqrt(north * north + east * east) * 1.3 / 1.2, s];
        }).sort(function (a, b) { return a[0] - b[0]; }).slice(0, most));
      }).catch(reject);
    }, reject, { timeout: 15000, maximumAge: 60000 });
  });
};
