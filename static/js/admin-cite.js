// The picker of sources: writes [@key] at the caret of the text last in use. Typing [@ opens it too.

// Fields that may cite. Titles, headings and captions of tables may not.
const MAY_CITE = /^(standfirst|key_facts|answer|body)$|-(html|table|note)$|figureblock_set-\d+-caption$/;

const root = document.querySelector("[data-cite]");
if (root) start(root);

function start(root) {
  const dialog = root.querySelector("dialog");
  const search = dialog.querySelector("input");
  const list = dialog.querySelector(".cite-list");
  const status = dialog.querySelector(".cite-status");
  const into = dialog.querySelector(".cite-into");
  let field = null; // where the mark goes
  let asking = null; // the question that is under way
  let timer = 0;

  root.querySelector(".cite-link").hidden = true;
  const opener = root.querySelector(".cite-open");
  opener.hidden = false;
  opener.addEventListener("click", open);
  dialog.querySelector(".cite-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => (field ? focusField(field) : opener.focus()));

  document.addEventListener("focusin", ({ target }) => {
    const found = citable(target);
    if (found) field = found;
  });
  document.addEventListener("input", ({ target, data }) => {
    if (!data?.endsWith("@") || !citable(target)) return;
    // The editor takes up what was typed after this event.
    setTimeout(() => textBefore(citable(target)).endsWith("[@") && open());
  });

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // a search box would only empty itself
      dialog.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      look().then(() => list.querySelector("button")?.click());
    }
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [search, ...list.querySelectorAll("button")];
    stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + step))]?.focus();
  });

  function open() {
    if (dialog.open) return;
    into.textContent = field?.node.isConnected
      ? `The mark goes into “${nameOf(field)}”, where the cursor stands.`
      : "Click into a text first, where the mark should stand.";
    search.value = "";
    dialog.showModal();
    search.focus();
    look();
  }

  async function look() {
    asking?.abort();
    const mine = (asking = new AbortController());
    const words = search.value.replace(/[[\]@]/g, " ");
    try {
      const answer = await fetch(`${root.dataset.cite}?${new URLSearchParams({ q: words })}`, { signal: mine.signal });
      if (!answer.ok) throw new Error(answer.status);
      const { sources, has_more: hasMore } = await answer.json();
      list.replaceChildren(...sources.map(item));
      status.textContent = !sources.length
        ? "No source has these words."
        : `${sources.length}${hasMore ? " and more" : ""} ${sources.length === 1 ? "source" : "sources"}`;
    } catch (error) {
      if (error.name === "AbortError") return;
      list.replaceChildren();
      status.textContent = "The sources cannot be read just now. Try again, or sign in again.";
    }
  }

  function item(source) {
    const row = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const line = (name, text) => Object.assign(document.createElement("span"), { className: name, textContent: text });
    button.append(line("cite-title", source.title), line("cite-from", source.from), line("cite-key", `[@${source.key}]`));
    if (!source.is_checked) button.append(line("cite-unchecked", "not yet compared with the source"));
    button.addEventListener("click", () => choose(source.key));
    row.append(button);
    return row;
  }

  function choose(key) {
    if (!field?.node.isConnected) {
      status.textContent = "Close this, click into a text, and choose again.";
      return;
    }
    dialog.close();
    insert(field, key);
  }
}

// A field that may cite, as { node, area, editor }, when `target` is one.
function citable(target) {
  const editor = target.closest?.(".ProseMirror[contenteditable]")?.editor;
  const area = editor ? target.closest(".prose-editor")?.querySelector("textarea") : target;
  if (!area?.name || !MAY_CITE.test(area.name)) return null;
  return { node: editor ? editor.view.dom : area, area, editor };
}

function nameOf({ area, node }) {
  const label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
  return (label?.textContent ?? node.name).trim().replace(/:$/, "");
}

function focusField({ node, editor }) {
  if (editor) editor.commands.focus();
  else node.focus();
}

// The last two characters before the caret.
function textBefore({ node, editor }) {
  if (!editor) return node.value.slice(Math.max(0, node.selectionStart - 2), node.selectionStart);
  const { $from } = editor.state.selection;
  return $from.parent.textBetween(Math.max(0, $from.parentOffset - 2), $from.parentOffset, null, "\n");
}

function insert(field, key) {
  const { node, editor } = field;
  const before = textBefore(field);
  const typed = before.endsWith("[@") ? 2 : 0; // what opened the picker
  const mark = typed || !before || /[\s(]$/.test(before) ? `[@${key}]` : ` [@${key}]`;
  if (editor) {
    const { from, to } = editor.state.selection;
    editor.chain().focus().insertContentAt({ from: from - typed, to }, { type: "text", text: mark }).run();
  } else {
    node.focus();
    node.setRangeText(mark, node.selectionStart - typed, node.selectionEnd, "end");
    node.dispatchEvent(new Event("input", { bubbles: true }));
    node.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
