// The form works without this. It moves to the list of errors where `autofocus` did not, and
// takes an error's mark away once its field is filled anew.
document.querySelector(".errors")?.focus();

for (const field of document.querySelectorAll(".bad")) {
  field.addEventListener("change", () => {
    field.classList.remove("bad");
    field.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
  });
}
