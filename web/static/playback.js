// Plays the record: the next moment is asked for each second, at most a frame of ten seconds further.
(function () {
 "use strict";
 var box = document.getElementById("putar"), play = document.getElementById("play"), speed = document.getElementById("speed"), t = document.getElementById("t");
 if (!box || !play || !window.fetch || !window.URLSearchParams) return;
 var word = play.textContent, timer = 0, at = t.value;
 play.hidden = document.getElementById("speed-label").hidden = false;
 function later(text, seconds) { // on the agency's clock: taken as if it were UTC, which it is for adding
  var date = new Date(text + (text.length === 16 ? ":00Z" : "Z"));
  return new Date(date.getTime() + seconds * 1000).toISOString().slice(0, 19);
 }
 function show(moment) {
  var query = new URLSearchParams({ t: moment, bus: document.getElementById("bus").value, part: "putar" });
  return fetch("/armada/putar?" + query, { credentials: "same-origin", cache: "no-store" }).then(function (answer) {
   if (!answer.ok) throw new Error(answer.status);
   return answer.text();
  }).then(function (html) { box.innerHTML = html; t.value = at = moment; });
 }
 function stop() { clearTimeout(timer); timer = 0; play.textContent = word; }
 function turn() {
  var step = Math.max(10, Number(speed.value));
  timer = setTimeout(function () { show(later(at, step)).then(turn, stop); }, 1000 * step / Number(speed.value));
 }
 play.addEventListener("click", function () {
  if (timer) { stop(); return; }
  at = t.value; play.textContent = play.dataset.stop; turn();
 });
})();
