/* Replays a run over its timeline: a curtain hides what comes later, a line marks the moment, a sentence says what
   happens. Its data come with the picture, from the same events; without this file the picture is as it was. */
"use strict";

const WORDS = JSON.parse(document.getElementById("replay-words").textContent);
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");
const PER_STEP = 1200;  // milliseconds in which a step is read

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const seconds = ms => `${(ms / 1000).toFixed(2)} s`;

/* What happens in a run: [moment, sentence], events that are hardly apart told together. */
function story({until, lanes, bars, sent, ends}) {
  const told = [], apart = until / 200;
  const tell = (time, key, lane, label = "") => told.push([time, WORDS[key].replace("{lane}", lanes[lane])
    .replace("{label}", label) + (label && !WORDS[key].includes("{label}") ? WORDS.colon + label : "")]);
  for (const [lane, label, kind, start, end, finished] of bars) {
    if (kind === "waiting" && end - start < apart) continue;
    tell(start, kind, lane, label);
    if (finished && kind !== "waiting") tell(end, `${kind} ends`, lane, kind === "working" ? label : "");
  }
  for (const [label, sender, receiver, from, to] of sent) {
    tell(from, "leaves", sender, label);
    tell(to, "reaches", receiver, label);
  }
  for (const [lane, how, time] of ends) tell(time, how, lane);
  told.sort((one, other) => one[0] - other[0]);
  return told.reduce((steps, [time, what]) => {
    const last = steps.at(-1);
    if (last && time - last[0] <= apart) last[1] += `${WORDS.semicolon}${what}`;
    else steps.push([time, what]);
    return steps;
  }, []);
}

function replay(data, picture) {
  const steps = story(data), {area: [left, upper, right, lower], until, lanes} = data;
  const x = ms => `${100 * (left + (right - left) * Math.min(1, ms / until))}%`;
  const curtain = make("div", {className: "curtain"}), stage = make("div", {className: "stage"}, curtain);
  Object.assign(curtain.style, {top: `${100 * upper}%`, height: `${100 * (lower - upper)}%`, right: `${100 * (1 - right)}%`});
  picture.replaceWith(stage);
  stage.prepend(picture);

  const button = (text, name) => make("button", {type: "button", textContent: text, title: name, ariaLabel: name});
  const back = button("◀◀", WORDS.back), play = button("▶", WORDS.play), on = button("▶▶", WORDS.on);
  const slider = make("input", {type: "range", min: 0, max: until, value: until, ariaLabel: WORDS.time});
  const said = make("p", {className: "said"}), bar = make("p", {className: "bar"});
  said.setAttribute("role", "status");
  const controls = make("div", {className: "controls"}, back, play, on, slider);
  stage.after(controls, said, bar);
  let now = until, timer = 0;

  const step = () => steps.findLastIndex(([time]) => time <= now);
  function go(ms) {
    now = Math.max(0, Math.min(until, ms));
    slider.value = now;
    curtain.style.left = x(now);
    curtain.hidden = now >= until;
    const text = now < until && step() >= 0 ? `${seconds(now)}${WORDS.colon}${steps[step()][1]}` : "";
    if (said.textContent !== text && (!timer || said.dataset.step !== `${step()}`)) said.textContent = text;
    said.dataset.step = step();
    slider.setAttribute("aria-valuetext", text || seconds(now));
  }
  const move = by => {
    stop();
    if (by > 0) go(now >= until ? 0 : steps[step() + 1]?.[0] ?? until);
    else go(now > (steps[step()]?.[0] ?? 0) ? steps[step()]?.[0] ?? 0 : steps[step() - 1]?.[0] ?? 0);
  };
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶";
    play.title = play.ariaLabel = WORDS.play;
  }
  function start() {
    if (now >= until) go(0);
    play.textContent = "❚❚";
    play.title = play.ariaLabel = WORDS.pause;
    const each = REDUCED.matches ? PER_STEP : 40, by = until / (steps.length * PER_STEP / each);
    timer = setInterval(() => {
      go(REDUCED.matches ? steps[step() + 1]?.[0] ?? until : now + by);
      if (now >= until) stop();
    }, each);
  }
  back.onclick = () => move(-1);
  on.onclick = () => move(1);
  play.onclick = () => timer ? stop() : start();
  slider.oninput = () => { stop(); go(Number(slider.value)); };
  controls.onkeydown = event => {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (by) { event.preventDefault(); move(by); }
  };

  /* A bar says what it is to a pointer, a finger and the keyboard; arrow keys lead from bar to bar. */
  const inside = (one, other) => one[0] === other[0] && other[3] <= one[3] && one[4] <= other[4];
  const places = data.bars.map((each, number) => {
    const [lane, label, kind, from, to] = each, half = 0.38 * 0.7 ** (data.bars.filter(other => inside(each, other)).length - 1);
    const row = (lower - upper) / lanes.length, middle = upper + row * (lane + 0.5);
    const parts = [lanes[lane], label, WORDS.kinds[kind], `${seconds(from)} – ${seconds(to)}`, seconds(to - from)];
    const text = parts.filter(Boolean).join(WORDS.comma);
    const place = make("button", {type: "button", ariaLabel: text, tabIndex: number ? -1 : 0});
    Object.assign(place.style, {
      left: x(from), width: `calc(${x(to)} - ${x(from)})`, top: `${100 * (middle - row * half)}%`, height: `${200 * row * half}%`,
    });
    place.onfocus = place.onpointerenter = place.onclick = () => { bar.textContent = text; };
    place.onkeydown = event => places[number + ({ArrowLeft: -1, ArrowRight: 1}[event.key] ?? NaN)]?.focus();
    return place;
  });
  stage.append(...places);
  go(until);
}

for (const data of document.querySelectorAll("script.replay")) {
  const image = data.closest(".cell_output")?.querySelectorAll("img")[Number(data.dataset.picture)];
  if (image) replay(JSON.parse(data.textContent), image.closest("a") || image);
}
