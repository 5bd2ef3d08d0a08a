/* Finds sections, by words that need not all be there: a message has names and numbers of its own.
   Each section is [address, page's title, title, text, what the table of problems says of it]. Rare words count for
   more, those in the title or in that table for much more. */
"use strict";

const MOST = 20;
/* A letter stays one letter, so that what is found here stands at the same place in the text. */
const plain = text => text.replace(/./gsu, letter => {
  const simple = letter.normalize("NFKC").toLowerCase();
  return simple.length === letter.length ? simple : letter;
}).replace(/[‘’`]/g, "'");
const sections = SECTIONS.map(([address, page, title, text, also]) => (
  {address, page, title, text, head: plain(`${title} ${also}`), body: plain(text)}
));

/* Words as they stand; of Chinese, which has no spaces, each two characters that follow each other. */
function words(query) {
  const found = [];
  for (const [run] of query.matchAll(/\p{Script=Han}+|[^\s\p{Script=Han}]+/gu)) {
    if (/\p{Script=Han}/u.test(run)) {
      const characters = [...run];
      if (characters.length < 3) found.push(run);
      else characters.slice(1).forEach((next, at) => found.push(characters[at] + next));
    } else {
      const word = run.replace(/^[^\p{L}\p{N}_<%]+|[^\p{L}\p{N}_>%)]+$/gu, "");
      if (word) found.push(word);
    }
  }
  return [...new Set(found)];
}

function search(text) {
  const query = plain(text).trim().replace(/\s+/g, " ");
  const weights = words(query).map(word => {
    const many = sections.filter(each => each.head.includes(word) || each.body.includes(word)).length;
    return [word, many ? Math.log(1 + sections.length / many) : 0];
  });
  const most = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const found = [];
  for (const section of sections) {
    let share = 0, score = 0;
    for (const [word, weight] of weights) {
      const inHead = section.head.includes(word), inBody = section.body.includes(word);
      if (inHead || inBody) share += weight;
      score += weight * (4 * inHead + inBody);
    }
    if (section.head.includes(query)) score += 6 * most;
    if (section.body.includes(query)) score += 3 * most;
    if (share > most / 2) found.push({section, score, share});
  }
  found.sort((a, b) => b.score - a.score);
  return {found: found.slice(0, MOST), words: [query, ...weights.filter(([, weight]) => weight).map(([word]) => word)]};
}

/* Where the word begins that goes on here; in Chinese each character may be the first. */
function beginning(text, at) {
  for (let most = 30; most && /^[^\s\p{Script=Han}]{2}$/u.test(text.slice(at - 1, at + 1)); most -= 1) at -= 1;
  return at;
}

/* A piece of a section's text: where the query stands as it is, or else most of its words, which are marked. */
function excerpt({text, body}, wanted) {
  const telling = wanted.filter((word, at) => !at || word.length > 2 || /\p{Script=Han}/u.test(word));
  const places = telling.flatMap(word => {
    const found = [];
    for (let at = body.indexOf(word); at >= 0 && found.length < 50; at = body.indexOf(word, at + 1)) found.push({at, word});
    return found;
  });
  const near = ({at}) => places.filter(each => each.at >= at && each.at < at + 120).map(each => each.word);
  const worth = place => place.word === wanted[0] ? Infinity : new Set(near(place)).size;
  const best = places.reduce((first, each) => worth(each) > worth(first) ? each : first, places[0]);
  const {at: start, word: found} = best || {at: 0, word: ""};
  const from = beginning(text, Math.max(0, start - 60)), to = beginning(text, start + found.length + 180);
  const piece = document.createElement("p");
  let at = from;
  for (const place of places.sort((a, b) => a.at - b.at || b.word.length - a.word.length)) {
    if (place.at < at || place.at + place.word.length > to) continue;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(place.at, place.at + place.word.length);
    piece.append(text.slice(at, place.at), mark);
    at = place.at + place.word.length;
  }
  piece.append(text.slice(at, to), to < text.length ? " …" : "");
  if (from) piece.prepend("… ");
  return piece;
}

function show(text) {
  const {found, words} = search(text);
  const items = found.map(({section}) => {
    const item = document.createElement("li"), link = document.createElement("a");
    const [page, ...rest] = section.address.split("#");
    link.href = `${page}#${encodeURIComponent(rest.join("#"))}`;
    link.textContent = section.title;
    const where = document.createElement("span");
    where.className = "where";
    where.textContent = section.page;
    item.append(link, where, excerpt(section, words));
    return item;
  });
  document.getElementById("results").replaceChildren(...items);
  const count = document.getElementById("count");
  const {none, found: said} = count.dataset;
  count.textContent = !text.trim() ? "" : found.length ? `${found.length} ${said}` : none;
}

const field = document.getElementById("query");
field.value = new URLSearchParams(location.search).get("q") || "";
field.addEventListener("input", () => {
  if (location.protocol !== "file:") history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
  show(field.value);
});
show(field.value);
