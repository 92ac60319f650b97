"use strict";

const find = (id) => document.getElementById(id);
// Milliseconds after the last change until the server is asked.
const PAUSE = 300;
let texts = [], documents = [], timer = null, asking = null;

function make(name, className, content) {
  const element = document.createElement(name);
  element.className = className;
  // As text: nothing in it is ever read as HTML.
  element.append(content);
  return element;
}

function getModel() {
  return find("model").selectedOptions[0].dataset;
}

function getColour(label) {
  return JSON.parse(getModel().colours)[label] ?? 0;
}

function tellScore(entity) {
  return entity.score === null ? "" : entity.score.toFixed(2);
}

function drawLine(text, found, entities) {
  // Places are those of code points, of which a string of JavaScript may have two for one character.
  const characters = Array.from(text);
  const line = make("div", "sentence entities", "");
  line.dir = found.direction;
  let end = 0;
  for (const entity of entities) {
    if (entity.start < end) continue; // within the one before: only the table has it
    line.append(characters.slice(end, entity.start).join(""));
    const mark = make("mark", "entity tint-" + getColour(entity.label), entity.text + " ");
    mark.append(make("span", "label", (entity.label + " " + tellScore(entity)).trim()));
    line.append(mark);
    end = entity.end;
  }
  line.append(characters.slice(end).join(""));
  return make("article", "", line);
}

function drawRow(entity) {
  const row = make("tr", "", "");
  const name = make("td", "", make("bdi", "", entity.text));
  const type = make("td", "name", make("span", "swatch", ""));
  type.firstChild.style.background = "var(--ink-" + getColour(entity.label) + ")";
  type.append(entity.label);
  row.append(name, type, make("td", "main", tellScore(entity)));
  return row;
}

function draw() {
  const lowest = Number(find("threshold").value);
  find("lowest").textContent = lowest.toFixed(2);
  let all = 0, shown = 0;
  const lines = [], rows = [];
  documents.forEach((found, i) => {
    const kept = found.entities.filter((entity) => entity.score === null || entity.score >= lowest);
    kept.sort((a, b) => a.start - b.start || b.end - a.end);
    lines.push(drawLine(texts[i], found, kept));
    rows.push(...kept.map((entity) => drawRow(entity)));
    all += found.entities.length;
    shown += kept.length;
  });
  find("lines").replaceChildren(...lines);
  find("rows").replaceChildren(...rows);
  find("table").hidden = !shown;
  find("shown").textContent = documents.length ? shown + " of " + all + " entities" : "";
}

function show(problem) {
  find("problem").hidden = problem === "";
  find("problem").textContent = problem;
  draw();
}

async function ask() {
  if (asking) asking.abort();
  asking = new AbortController();
  const asked = find("text").value.split("\n").filter((line) => line.trim() !== "");
  if (!asked.length) {
    documents = [];
    show("");
    return;
  }
  const body = JSON.stringify({ texts: asked, model: find("model").value });
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch("recognise", { method: "POST", headers, body, signal: asking.signal });
    const answer = await response.json();
    texts = response.ok ? asked : [];
    documents = response.ok ? answer.documents : [];
    show(response.ok ? "" : answer.detail);
  } catch (error) {
    if (error.name === "AbortError") return; // a later question has taken its place
    documents = [];
    show("The server does not answer.");
  }
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

function choose() {
  const own = getModel().threshold;
  find("threshold").min = own;
  find("threshold").value = own;
  documents = [];
  draw();
  ask();
}

find("text").addEventListener("input", wait);
find("threshold").addEventListener("input", draw);
find("model").addEventListener("change", choose);
choose();
