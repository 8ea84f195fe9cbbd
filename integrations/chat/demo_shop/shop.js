// What a shop's own theme would do: sign its shopper in, and open the chat from its own links.
window.helpdesk =
  window.helpdesk ||
  function () {
    (window.helpdesk.q = window.helpdesk.q || []).push(arguments);
  };

const account = document.getElementById("account");
const isSignedIn = () => sessionStorage.getItem("signed-in") === "yes";

async function identify() {
  const answer = await fetch("/demo-shop/token", { method: "POST" });
  if (answer.ok) window.helpdesk("identify", await answer.json());
}

function show() {
  account.textContent = isSignedIn() ? "Mia, sign out" : "Sign in as Mia";
}

account.addEventListener("click", (event) => {
  event.preventDefault();
  if (isSignedIn()) {
    sessionStorage.removeItem("signed-in");
    window.helpdesk("shutdown");
    window.helpdesk("boot");
  } else {
    sessionStorage.setItem("signed-in", "yes");
    identify();
  }
  show();
});

document.getElementById("size").addEventListener("click", (event) => {
  event.preventDefault();
  window.helpdesk("newMessage", "Which size of the Alder shirt fits me? I usually wear ");
});

window.helpdesk("setContext", { page: "Alder shirt", cart: { total: 121, currency: "EUR", items: 2 } });
if (isSignedIn()) identify();
show();
