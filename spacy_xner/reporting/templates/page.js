"use strict";

function filter(browse) {
  const choice = (name) => {
    const element = browse.querySelector("[data-filter=" + name + "]");
    return element ? element.value : "";
  };
  const language = choice("language"), kind = choice("kind"), pipeline = choice("pipeline");
  for (const note of browse.querySelectorAll(".limited")) {
    note.hidden = language !== "" && note.dataset.language !== language;
  }
  const isWrong = (kinds) => !kinds.every((one) => one === "right");
  const isAsked = (kinds) => kind === "" || (kind === "wrong" ? isWrong(kinds) : kinds.includes(kind));
  let shown = 0;
  const articles = browse.querySelectorAll("article");
  for (const article of articles) {
    const kinds = [];
    for (let k = 0; article.hasAttribute("data-kinds-" + k); k++) {
      kinds.push(article.getAttribute("data-kinds-" + k).split(" "));
    }
    const index = pipeline === "" ? null : Number(pipeline.replace("only-", ""));
    const asked = index === null ? kinds : [kinds[index]];
    // All right is what is right in all that are asked.
    const found = kind === "right" ? asked.every(isAsked) : asked.some(isAsked);
    const others = kinds.filter((_, k) => k !== index);
    const alone = !pipeline.startsWith("only-") || others.every((found) => isWrong(found) !== isWrong(kinds[index]));
    article.hidden = !(found && alone && (language === "" || article.dataset.language === language));
    shown += article.hidden ? 0 : 1;
  }
  browse.querySelector(".shown").textContent = shown + " of " + articles.length + " sentences";
}

for (const browse of document.querySelectorAll(".browse")) {
  for (const element of browse.querySelectorAll("select")) {
    element.addEventListener("change", () => filter(browse));
  }
  filter(browse);
}
