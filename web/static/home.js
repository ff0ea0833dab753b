// The stops that this phone keeps; they never leave it.
(function () {
  "use strict";
  var box = document.getElementById("mine"), mine = [];
  try { mine = JSON.parse(localStorage.getItem("stops") || "[]"); } catch (error) { return; }
  if (!box || !mine.length) return;
  mine.forEach(function (row) {
    var item = document.createElement("li"), link = document.createElement("a"), name = document.createElement("span");
    link.className = "more";
    link.href = "/halte/" + encodeURIComponent(row[0]);
    name.textContent = row[1];
    link.appendChild(name); item.appendChild(link); box.querySelector("ul").appendChild(item);
  });
  box.hidden = false;
})();
