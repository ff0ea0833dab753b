// What is typed, open, in focus or pushed aside in a part of a page outlives the part: live.js asks for it where a part is changed.
(function () {
 "use strict";
 var token = document.querySelector('input[name=csrf_token]:not([value=""])');
 token = token && token.value;
 function mark(el) { return el.getAttribute("href") || el.getAttribute("name") || ""; }
 function alike(home, tag, text) { return Array.prototype.filter.call(home.getElementsByTagName(tag), function (el) { return mark(el) === text; }); }
 function name(box, el) { // by which it is known again: its id, or its place below what has one
  if (el.id) return { id: el.id };
  var home = el.parentNode.closest("[id]");
  if (!home || !box.contains(home)) home = box;
  return { home: home.id, tag: el.localName, mark: mark(el), n: alike(home, el.localName, mark(el)).indexOf(el) };
 }
 function again(it) {
  if (it.id) return document.getElementById(it.id);
  var home = document.getElementById(it.home);
  return home && alike(home, it.tag, it.mark)[it.n];
 }
 function isTyped(el) {
  if (el.localName === "select") return Array.prototype.some.call(el.options, function (row) { return row.selected !== row.defaultSelected; });
  return el.type !== "hidden" && (el.value !== el.defaultValue || el.checked !== el.defaultChecked);
 }
 window.keep = function (box) {
  var kept = { open: [], typed: [], pushed: [], focus: null, from: null }, at = document.activeElement;
  box.querySelectorAll("details[open]").forEach(function (el) { kept.open.push(name(box, el)); });
  box.querySelectorAll("input,select,textarea").forEach(function (el) { if (isTyped(el)) kept.typed.push([name(box, el), el.value, el.checked]); });
  box.querySelectorAll("[id]").forEach(function (el) { if (el.scrollLeft || el.scrollTop) kept.pushed.push([el.id, el.scrollLeft, el.scrollTop]); });
  if (at && at !== box && box.contains(at)) {
   kept.focus = name(box, at);
   kept.row = at.closest("li[id]");
   if (at.localName === "textarea" || at.type === "text") kept.from = at.selectionStart;
  }
  return function (other) { putBack(box, kept, other); };
 };
 function putBack(box, kept, other) {
  box.querySelectorAll('input[name=csrf_token][value=""]').forEach(function (el) { el.value = token; }); // a part is the same for all who look
  kept.open.forEach(function (it) { var el = again(it); if (el) el.open = true; });
  kept.typed.forEach(function (row) { var el = again(row[0]); if (el) { el.value = row[1]; el.checked = row[2]; } });
  kept.pushed.forEach(function (row) { var el = document.getElementById(row[0]); if (el) { el.scrollLeft = row[1]; el.scrollTop = row[2]; } });
  var el = kept.focus && again(kept.focus);
  if (other) el = other(el, kept);
  if (!el) return;
  el.focus({ preventScroll: true });
  if (kept.from !== null && el.setSelectionRange) el.setSelectionRange(kept.from, kept.from);
 }
})();
