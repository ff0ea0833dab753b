// The fields for where from and where to: suggestions while typing, and "from where I am". Where it is stays with the phone.
(function () {
  "use strict";
  var list = document.getElementById("ends"), asks = null, timer = 0;
  function put(names) {
    list.textContent = "";
    names.forEach(function (row) {
      var option = document.createElement("option");
      option.value = row[0]; option.label = row[0] + " · " + row[1];
      list.appendChild(option);
    });
  }
  function get(text) {
    return fetch("/saran.json" + (text ? "?q=" + encodeURIComponent(text) : "")).then(function (answer) { return answer.json(); })
      .then(function (data) { asks = data.ask; if (text || !asks) put(data.names); }).catch(function () {});
  }
  if (list && window.fetch) document.querySelectorAll("input[list=ends]").forEach(function (field) {
    field.addEventListener("focus", function () { if (asks === null) { asks = false; get(""); } });
    field.addEventListener("input", function () {
      clearTimeout(timer);
      if (asks && field.value.trim().length > 1) timer = setTimeout(function () { get(field.value.trim()); }, 250);
    });
  });
  var button = document.getElementById("mine-start"), field = document.getElementById("dari");
  if (button && field && window.isSecureContext && navigator.geolocation) {
    button.hidden = false;
    button.addEventListener("click", function () {
      button.disabled = true;
      window.nearest(3).then(function (rows) { // their ids in no order: the server does not learn which is nearest
        var walks = {};
        rows.forEach(function (row) { walks[row[1].stop_id] = row[0]; });
        sessionStorage.setItem("walks", JSON.stringify(walks));
        document.getElementById("dari-id").value = "saya:" + Object.keys(walks).sort().join(",");
        field.value = button.dataset.name;
        button.disabled = false;
        if (document.getElementById("ke").value) field.form.submit();
      }).catch(function () { button.disabled = false; button.hidden = true; });
    });
  }
  // the walk to the first stop, and from the last one, is added here, and what can no longer be reached goes
  var walks = JSON.parse(sessionStorage.getItem("walks") || "{}"), left = 4, lines = {}, none = document.getElementById("too-far");
  document.querySelectorAll("[data-board]").forEach(function (card) {
    var seconds = walks[card.dataset.board], born = Number(document.getElementById("content").dataset.now) || Date.now() / 1000;
    if (seconds === undefined) return;
    card.hidden = !left || lines[card.dataset.line] || card.dataset.leaves - seconds < born - 30;
    if (card.hidden) return;
    if (left-- === 4) card.querySelector("details").open = true;
    if (card.dataset.line) lines[card.dataset.line] = true;
    say(card.querySelector("[data-walk]"), seconds);
  });
  document.querySelectorAll("[data-alight]").forEach(function (note) { say(note, walks[note.dataset.alight]); });
  function say(note, seconds) {
    if (seconds === undefined) return;
    note.textContent = note.dataset.walk.replace("#", Math.max(1, Math.round(seconds / 60)));
    note.hidden = false;
  }
  if (none && Object.keys(walks).length) none.hidden = left < 4;
  var keep = document.getElementById("keep-pair");
  if (keep) try {
    var pair = JSON.parse(keep.dataset.pair), pairs = JSON.parse(localStorage.getItem("pairs") || "[]"), word = keep.textContent;
    var other = function (row) { return row[0] !== pair[0] || row[1] !== pair[1]; };
    var show = function () { var on = !pairs.every(other); keep.hidden = false; keep.textContent = on ? keep.dataset.off : word; keep.setAttribute("aria-pressed", String(on)); };
    keep.addEventListener("click", function () {
      pairs = pairs.every(other) ? [pair].concat(pairs).slice(0, 8) : pairs.filter(other);
      localStorage.setItem("pairs", JSON.stringify(pairs)); show();
    });
    show();
  } catch (error) { keep.hidden = true; }
})();
