"use strict";
const choice = (id) => { const element = document.getElementById(id); return element ? element.value : ""; };

function filterLanguages() {
  const language = choice("language");
  for (const block of document.querySelectorAll(".language, details")) {
    block.hidden = language !== "" && block.dataset.language !== language;
  }
}

function filterMistakes() {
  const language = choice("mistake-language"), kind = choice("kind"), pipeline = choice("pipeline");
  for (const note of document.querySelectorAll(".shown")) {
    note.hidden = language !== "" && note.dataset.language !== language;
  }
  let shown = 0;
  const articles = document.querySelectorAll("article");
  for (const article of articles) {
    const kinds = [];
    for (let k = 0; article.hasAttribute("data-kinds-" + k); k++) {
      kinds.push(article.getAttribute("data-kinds-" + k).split(" ").filter(Boolean));
    }
    const only = pipeline.startsWith("only-");
    const index = pipeline === "" ? null : Number(pipeline.replace("only-", ""));
    const asked = index === null ? kinds : [kinds[index]];
    const wrong = asked.some((found) => (kind === "" ? found.length > 0 : found.includes(kind)));
    const alone = !only || kinds.every((found, k) => k === index || found.length === 0);
    article.hidden = !(wrong && alone && (language === "" || article.dataset.language === language));
    shown += article.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = shown + " of " + articles.length + " sentences";
}

document.getElementById("language").addEventListener("change", filterLanguages);
for (const id of ["mistake-language", "kind", "pipeline"]) {
  const element = document.getElementById(id);
  if (element) element.addEventListener("change", filterMistakes);
}
filterLanguages();
filterMistakes();
