// Passkeys: ask the browser for one and post what it says. Password and code work without this.

const TROUBLE = "That did not work, or took too long. Try again, or go another way.";
const possible = window.PublicKeyCredential?.parseCreationOptionsFromJSON && window.isSecureContext;

async function optionsOf(form) {
  if (form.dataset.passkey === "sign-in") {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options.publicKey;
  }
  const data = JSON.parse(document.getElementById("passkey-options").textContent);
  return (data.creation_options ?? data.request_options).publicKey;
}

async function ask(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey !== "add") {
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }
  // Kept on the device, so that it can sign in without a name.
  Object.assign(options.authenticatorSelection ??= {}, { residentKey: "required", requireResidentKey: true });
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  const said = form.querySelector("[role=status]");
  if (!possible) {
    said.textContent = "This browser is too old for passkeys. Everything else works.";
    continue;
  }
  const go = async () => {
    if (!form.reportValidity()) return;
    said.textContent = "Your browser asks you now.";
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      said.textContent = TROUBLE;
      button.disabled = false;
    }
  };
  said.textContent = "";
  button.hidden = false;
  button.addEventListener("click", go);
  // Enter in a field means the button.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
}
