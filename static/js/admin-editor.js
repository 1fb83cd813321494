// The prose editor's text box has no name of its own: give it that of the field it stands for.

function nameEditors() {
  for (const box of document.querySelectorAll(".ProseMirror[contenteditable]:not([aria-labelledby])")) {
    const area = box.closest(".prose-editor")?.querySelector("textarea");
    const label = area && document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
    if (!label) continue;
    label.id ||= `${area.id}_label`;
    box.setAttribute("aria-labelledby", label.id);
    const help = document.getElementById(`${area.id}_helptext`);
    if (help) box.setAttribute("aria-describedby", help.id);
  }
}

nameEditors();
// Blocks that are added later bring editors of their own.
new MutationObserver(nameEditors).observe(document.body, { childList: true, subtree: true });
