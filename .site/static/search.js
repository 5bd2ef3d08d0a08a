/* Finds sections by what people paste: a traceback, a message, or a symptom in their own words.
   Each section is [address, page's title, title, text, rows of the table of problems that lead to it]. SAME are words
   that mean the same here; the first of a group stands for all. A word counts by how rare it is and where it stands;
   what varies from reader to reader (paths, names, numbers) does not count. */
"use strict";

const MOST = 20;
const LEAST = 0.5;  // of the score; below it stand sections that only share some words
const ENOUGH = 0.4;  // the share of a query that a section must have; less is taken for nothing

/* A letter stays one letter, so that what is found here stands at the same place in the text. */
const plain = text => text.replace(/./gsu, letter => {
  const simple = letter.normalize("NFKC").toLowerCase();
  return simple.length === letter.length ? simple : letter;
}).replace(/[‘’`]/g, "'");

const first = new Map(SAME.flatMap(([word, ...others]) => others.map(other => [other, word])));
const others = new RegExp([...first.keys()].sort((a, b) => b.length - a.length)
  .map(word => /^\p{Script=Han}/u.test(word) ? word : `\\b${word}\\b`).join("|"), "gu");

/* hangs, hanging -> hang; pickled -> pickl, as pickle is. */
function stem(word) {
  if (word.length < 5 || /\d/.test(word)) return word.length === 4 ? word.replace(/([^s])s$/, "$1") : word;
  return word.replace(/'s?$/, "").replace(/(?:ing|ed|es|e|s)$/, end => end === "s" && word.endsWith("ss") ? end : "")
    .replace(/([bdgmnprt])\1$/, "$1");
}

/* The words of a text, in their order; of Chinese, which has no spaces, each two characters that follow each other. */
function words(text) {
  const said = plain(text).replace(/\bcan ?not\b/g, "can't").replace(/为什么|怎么|怎样|如何|什么|一个|显示|[的了吗我在里]/g, " ")
    .replace(others, word => ` ${first.get(word)} `);
  return (said.match(/\p{Script=Han}+|[a-z_](?:[\w]|'(?=t\b))*|\d+/gu) || []).flatMap(run => {
    if (!/\p{Script=Han}/u.test(run)) return /^_*$/.test(run) ? [] : stem(run.replace(/^_(?=[a-z])/, ""));
    const characters = [...run];
    return characters.length < 3 ? run : characters.slice(1).map((next, at) => characters[at] + next);
  }).filter(word => !/^(?:a|an|and|at|be|by|do|doe|for|from|i|in|is|it|my|of|on|or|that|th|the|thi|this|to|with|line|file|when|but|not|was|are|if|me|you|your|we|as|so|have|ha|am|what|how|get|us|run|work|still|one|two|other|same|after|can|will|there|python|code|problem|error|issu)$/.test(word));
}

/* Words, and each two that follow each other, which say more. */
const pairs = list => list.slice(1).map((word, at) => `${list[at]} ${word}`);
const terms = list => new Set([...list, ...pairs(list)]);

const sections = SECTIONS.map(([address, page, title, text, rows]) => ({
  address, page, title, text, body: plain(text), terms: terms(words(text)),
  heads: [title, ...rows].map(each => terms(words(each))),
}));
const count = new Map();
for (const section of sections) {
  const all = new Set([...section.terms, ...section.heads.flatMap(head => [...head])]);
  for (const term of all) count.set(term, (count.get(term) || 0) + 1);
}
const rarity = term => Math.log(1 + sections.length / (count.get(term) || 0.7)) * (term.includes(" ") ? 0.6 : 1);

const NAMED = /(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Empty|Full|BrokenProcessPool)/.source;
const message = new RegExp(`^\\s*${NAMED}\\b`);

/* What a text says, line by line, and how much each line counts: a message more than the frames of its traceback, unless
   it is only a name. A field of one line has made spaces of the line breaks. */
function weighed(text) {
  if (!/\bFile ".*line \d|^\s*\S+\.py in |-{2,}> ?\d/m.test(text)) return text.split("\n").map(line => [line, 1]);
  const lines = text.replace(/[│┃❱]/g, " ").replace(/\s+(?=File "|Traceback |Process \S+-\d+:)/g, "\n")
    .replace(new RegExp(`\\s(?=${NAMED}(?::|\\s*$))`, "gm"), "\n").split("\n").filter(line => line.trim());
  const last = lines.findLastIndex(line => message.test(line));
  const frames = last < 0 || /^\s*[\w.]+:?\s*$/.test(lines[last]) ? 0.5 : 0.1;
  return lines.map((line, at) => {
    if (/^(?:Traceback|Process \S+-\d)|^\s*[\^~ ]+$|^(?:During handling|The above exception)/.test(line)) return ["", 0];
    const [frame, module, called] = /^\s*(?:File ")?(?:[^"]*[\\/])?(\w+)\.py"?,? .*?\bin (\S+)/.exec(line) || [];
    if (frame) return [`${module} ${called} ${line.slice(frame.length)}`, frames];
    if (at === last) return [line, 2];
    if (at < last && /^\s/.test(line)) return [line, frames];
    return [line, at > last ? 1 : message.test(line) ? 0.7 : 0.3];
  });
}

/* Paths, addresses and the reader's own names say nothing. */
const general = line => line
  .replace(/<(module|function) '?([\w.]+)'? (?:\(built-in\)|from '[^']*'|at 0x\w+)>/g, "<$1 $2")
  .replace(/(?:[A-Za-z]:)?[\\/~](?!psm_)(?:[\w.@+ -]*[\\/])+[\w.-]+/g, " ").replace(/0x[\da-fA-F]+|\b[\da-f]{8,}\b/g, " ")
  .replace(/__mp_main__/g, "__main__").replace(/\b(?:psm|wnsm)_\w+/g, "shared_memory");
const name = /['"`<]?\b(?:\w*[_\d.(]\w*|[a-z]+[A-Z]\w*)\b|'\w+'/g;  // what looks like a name in a program
const kind = /\w+(?:Error|Exception|Warning)\b/g;

/* The terms that are asked for, each with its weight. */
function asked(text) {
  const found = new Map();
  for (const [line, weight] of weighed(text)) {
    const own = new Set((line.match(name) || []).flatMap(words)), list = words(general(line));
    for (const error of line.match(kind) || []) own.delete(stem(plain(error)));
    for (const term of [...list, ...pairs(list)]) {
      if (!count.has(term) && (term.includes(" ") || own.has(term) || /\d/.test(term))) continue;
      const unknown = !count.has(term) && /\p{Script=Han}/u.test(term) ? 0.5 : 1;  // often two halves of words
      found.set(term, Math.max(found.get(term) || 0, unknown * weight * rarity(term)));
    }
  }
  return found;
}

const usual = sections.reduce((sum, section) => sum + section.terms.size, 0) / sections.length;
const total = weights => weights.reduce((sum, weight) => sum + weight, 0);

function search(text) {
  const query = asked(text.trim()), single = new Map([...query].filter(([term]) => !term.includes(" ")));
  /* How much of what is asked is among these terms; and the other way round. */
  const share = (terms, of) => total([...of].filter(([term]) => terms(term)).map(([, weight]) => weight)) / total([...of.values()]);
  const found = sections.map(section => {
    const heads = section.heads.map(head => {
      const hit = share(term => head.has(term), query), whole = total([...head].map(rarity));
      const told = total([...head].filter(term => query.has(term)).map(rarity)) / whole;
      return hit * (0.5 + 0.5 * told) + 0.3 * Math.sqrt(hit * told);
    });
    const all = share(term => section.terms.has(term) || section.heads.some(head => head.has(term)), single);
    const long = 0.7 + 0.3 * section.terms.size / usual;  // a long section has many words by chance
    const score = (share(term => section.terms.has(term), query) / long + 2 * Math.max(...heads)) * (0.5 + all);
    return {section, score, share: all};
  }).filter(each => each.share > ENOUGH && each.score > LEAST);
  found.sort((a, b) => b.score - a.score);
  const lines = weighed(text.trim()).filter(([, weight]) => weight >= 1).map(([line]) => plain(line).trim());
  const said = lines.flatMap(line => [line, ...line.split(/[\s,;:()'"`，。；：]+/)]).filter(each => words(each).length);
  return {found: found.slice(0, MOST), words: said};
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
  const {none, found: said} = count.dataset, asked = Boolean(text.trim());
  count.textContent = !asked ? "" : found.length ? `${found.length} ${said}` : none;
  document.getElementById("groups").hidden = !asked || found.length > 0;
}

const field = document.getElementById("query");
field.value = new URLSearchParams(location.search).get("q") || "";
field.addEventListener("input", () => {
  if (location.protocol !== "file:") history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
  show(field.value);
});
show(field.value);
