// The form works without this. It moves to the list of errors where the browser's own autofocus
// did not, and takes an error's mark away once its field is filled anew. It also tells how long the
// form was open, all tries together: a sign by which machines differ from people.
window.addEventListener("load", () =>
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector(".errors")?.focus();
  }),
);

// How long the form was open: robots are quicker than anybody can type.
for (const took of document.querySelectorAll("input[name=took]")) {
  took.form.addEventListener("submit", () => (took.value = Math.round(performance.now())));
}

for (const field of document.querySelectorAll(".bad")) {
  field.addEventListener("change", () => {
    field.classList.remove("bad");
    field.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
  });
}

document.querySelector("form.stack")?.addEventListener("submit", ({ target }) => {
  const { took } = target.elements;
  took.value = Math.round(Number(took.value) + performance.now());
});
