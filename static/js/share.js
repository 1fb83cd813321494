// Shows "Copy link" and "Print", which need a script, and makes them work.
const row = document.querySelector(".share");
const status = row.querySelector("[data-share=status]");
const actions = {
  async copy() {
    const address = document.querySelector("link[rel=canonical]").href;
    status.textContent = await navigator.clipboard.writeText(address).then(
      () => "Link copied",
      () => `Your browser did not allow copying. The link: ${address}`,
    );
    status.classList.remove("vh");
  },
  print() {
    window.print();
  },
};

for (const [name, act] of Object.entries(actions)) {
  const button = row.querySelector(`[data-share=${name}]`);
  // The clipboard is there on secure pages only.
  if (name === "copy" && !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", act);
}
