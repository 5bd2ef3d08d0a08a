// A link to a section (02_pool.ipynb#Chunks) opens the lesson at its top in JupyterLab 4.6: the section is looked for
// before the lesson is drawn, and a name with < or … not as it stands in the heading, but as in an address (%3C).
// Links within the README are in GitHub's form (#find-your-problem), which JupyterLab does not know.
// This looks until the section is there, and brings it into view. JupyterLab loads it as it is; nothing is built.
"use strict";

const STEP = 100; // milliseconds
const LONGEST = 300; // steps; then there is no such section
const STILL = 10; // steps for which it must stay in place: what is drawn above it pushes it down

const onGitHub = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}_-]/gu, "");

function find(node, name) {
  const named = [...node.querySelectorAll("[data-jupyter-id], [id]")].map((each) => [each, each.dataset.jupyterId ?? each.id]);
  return (named.find(([, id]) => id === name) ?? named.find(([, id]) => onGitHub(id) === name))?.[0];
}

// Markdown opens rendered, unless the reader's settings name another viewer. (Not by the setting `defaultViewers`:
// Notebook 7 reads it too, and shows an empty page.) JupyterLab sets the viewer of each type anew with its settings.
function render({ docRegistry }) {
  const viewer = "Markdown Preview";
  const set = docRegistry.setDefaultWidgetFactory.bind(docRegistry);
  docRegistry.setDefaultWidgetFactory = (type, name) => set(type, name ?? (type === "markdown" ? viewer : name));
  const prefer = () => docRegistry.getWidgetFactory(viewer) && set("markdown", viewer);
  prefer();
  docRegistry.changed.connect((_, { type }) => type === "widgetFactory" && prefer());
}

function activate(app) {
  if (app.name === "JupyterLab") render(app);
  let latest = 0; // a newer link, and whatever the reader does himself, ends the search
  for (const action of ["wheel", "mousedown", "keydown"]) {
    document.addEventListener(action, () => (latest += 1), { capture: true, passive: true });
  }

  async function show(path, hash) {
    const mine = (latest += 1);
    const name = decodeURIComponent(hash.slice(1));
    for (let step = 0, still = 0; step < LONGEST && still < STILL && mine === latest; step += 1) {
      const shown = app.shell.currentWidget;
      const section = shown?.context?.path === path && find(shown.node, name);
      if (section) {
        const before = section.getBoundingClientRect().top;
        section.scrollIntoView();
        still = section.getBoundingClientRect().top === before ? still + 1 : 0;
      }
      await new Promise((next) => setTimeout(next, STEP));
    }
  }

  app.commands.commandExecuted.connect((_, { id, args }) => {
    if (id === "rendermime:handle-local-link" && args.id) show(args.path, args.id);
  });
  document.addEventListener("click", ({ target }) => {
    const hash = target.closest?.(".jp-MarkdownViewer a")?.getAttribute("href");
    if (hash?.startsWith("#")) show(app.shell.currentWidget.context.path, hash);
  });
}

// The form in which JupyterLab expects what its own bundler makes.
const plugin = { id: "multiprocessing-notebooks:sections", autoStart: true, activate };
(window._JUPYTERLAB ??= {})["multiprocessing-notebooks"] = {
  init: () => {},
  get: async () => () => ({ __esModule: true, default: plugin }),
};
