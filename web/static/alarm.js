// Wakes whoever waits, or rides: while this page is open, and by what the bus itself last reported. Nothing is sent anywhere.
(function () {
  "use strict";
  var box = document.getElementById("live"), bell = document.getElementById("bell"), off = document.getElementById("getoff");
  if (!box || !bell || !window.serverNow) return;
  var words = bell.dataset.w.split("|"), armed = null, sound = null, lock = null, EARLY = 300, NEAR = 120;
  function hold() { if (armed && navigator.wakeLock) navigator.wakeLock.request("screen").then(function (held) { lock = held; }).catch(function () {}); }
  function arm(what) {
    armed = what; window.armed = true; bell.hidden = true;
    try { sound = sound || new (window.AudioContext || window.webkitAudioContext)(); } catch (error) { sound = null; }
    hold(); draw();
  }
  function disarm() {
    armed = null; window.armed = false;
    if (lock) { lock.release().catch(function () {}); lock = null; }
    draw();
  }
  function ring(text) {
    bell.textContent = text; bell.hidden = false;
    if (navigator.vibrate) navigator.vibrate([600, 200, 600, 200, 600]);
    if (sound) [0, 0.4, 0.8].forEach(function (at) {
      var tone = sound.createOscillator(), start = sound.currentTime + at;
      tone.frequency.value = 880; tone.connect(sound.destination); tone.start(start); tone.stop(start + 0.25);
    });
    disarm();
  }
  function keyOf(li) { return li.dataset.bus || li.querySelector("a").pathname; } // the stop of a trip, or the trip at a stop
  function row(key) { return Array.prototype.filter.call(box.querySelectorAll("[data-bus],[data-early]"), function (li) { return keyOf(li) === key; })[0]; }
  function look() { // by the early bound: who is woken a little early misses no bus
    if (!armed) return;
    var li = row(armed.key), early = li ? li.dataset.early - window.serverNow() / 1000 : NaN;
    if (!li) return ring(words[3]);
    if (armed.rides) { if (li.dataset.ahead === "0" || early <= NEAR) ring(words[4]); }
    else if (early <= EARLY) ring(words[2]);
  }
  function draw() {
    if (off) { off.querySelector("button").textContent = armed ? words[1] : off.dataset.on; return; }
    Array.prototype.forEach.call(box.querySelectorAll("li.first[data-early]"), function (li) {
      var button = li.querySelector(".wake"), key = keyOf(li), on = armed && armed.key === key;
      if (!on && li.dataset.early - window.serverNow() / 1000 < EARLY + 30) { if (button) button.remove(); return; }
      if (!button) {
        button = document.createElement("button");
        button.type = "button"; button.className = "plain wake";
        button.addEventListener("click", function () { if (armed && armed.key === key) disarm(); else arm({ key: key }); });
        li.appendChild(button);
      }
      button.textContent = on ? words[1] : words[0];
      button.setAttribute("aria-pressed", String(!!on));
    });
  }
  if (off) {
    off.hidden = false;
    off.querySelector("button").addEventListener("click", function () {
      if (armed) disarm(); else arm({ key: off.querySelector("select").value, rides: true });
    });
  }
  document.addEventListener("swapped", function () { draw(); look(); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) hold(); });
  setInterval(look, 1000);
  draw();
})();
