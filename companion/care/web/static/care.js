// Small conveniences; every page works without them.
"use strict";

// Take whoever made a mistake to the list of mistakes.
const problems = document.getElementById("problems");
if (problems) problems.focus();

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // A download stays on the page: it may be asked for again.
    setTimeout(() => delete form.dataset.sent, 3000);
  });
}

// A page that the browser kept in memory is asked for anew, so that nothing shows after a logout.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
