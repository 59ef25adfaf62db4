(() => {
  // Light or dark: the system's choice until the reader makes another.
  const root = document.documentElement, button = document.getElementById("theme");
  const stored = { get: () => { try { return localStorage.getItem("authsoak-theme"); } catch { return null; } },
    set: v => { try { localStorage.setItem("authsoak-theme", v); } catch { /* private browsing: for this page only */ } } };
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; };
  if (["light", "dark"].includes(stored.get())) root.dataset.theme = stored.get();
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    stored.set(root.dataset.theme);
    label();
  });
  // Print everything but the long texts.
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { if (d.querySelector("figure")) d.open = true; }));

  if (!("live" in document.body.dataset)) return;
  const bar = document.getElementById("live"), state = document.getElementById("live-state"), stop = document.getElementById("stop");
  const say = (what, text) => { bar.dataset.state = what; state.textContent = text; };
  // A section keeps what the reader opened and hid in it.
  const replace = (id, html) => {
    const section = document.getElementById(id);
    if (!section) return;
    const open = new Map([...section.querySelectorAll("details[data-key]")].map(d => [d.dataset.key, d.open]));
    const off = [...section.querySelectorAll(".legend [aria-pressed=false]")].map(i => [i.closest("figure").id, i.dataset.series]);
    section.innerHTML = html;
    section.querySelectorAll("details[data-key]").forEach(d => { if (open.has(d.dataset.key)) d.open = open.get(d.dataset.key); });
    for (const [figure, series] of off) {
      const f = document.getElementById(figure), item = f?.querySelector(`.legend [data-series="${series}"]`);
      if (item) item.ariaPressed = "false";
      f?.querySelectorAll(`path[data-series="${series}"]`).forEach(p => p.classList.add("hidden"));
    }
  };
  // The table of contents leads to the sections that say something.
  const contents = document.querySelector("#contents div");
  const list = () => {
    let next = null;
    for (const section of [...document.querySelectorAll("main > section[data-title]")].reverse()) {
      let link = contents.querySelector(`a[href="#${section.id}"]`);
      if (!section.childElementCount) {
        link?.remove();
        continue;
      }
      if (!link) {
        link = Object.assign(document.createElement("a"), { href: "#" + section.id, textContent: section.dataset.title });
        contents.insertBefore(link, next);
      }
      next = link;
    }
  };
  const source = new EventSource("events"), waiting = new Map();
  source.addEventListener("section", event => {
    const news = JSON.parse(event.data);
    waiting.set(news.id, news.html);
  });
  source.addEventListener("page", event => {
    const news = JSON.parse(event.data);
    for (const [id, html] of waiting) {
      // A chart that is being read is left alone until the pointer goes.
      if (news.state !== "ended" && document.querySelector(`#${id} .tip`)) continue;
      replace(id, html);
      waiting.delete(id);
    }
    list();
    document.title = news.title;
    root.dataset.verdict = news.verdict;
    if (news.state === "ended") {
      source.close();
      stop.hidden = true;
      say("ended", "The run is over: this is its last state.");
    } else {
      stop.disabled = news.state === "stopping";
      say("live", news.state === "stopping" ? "Stopping: every live session is being logged out." : "Live, updated each second.");
    }
  });
  source.addEventListener("error", () => say("lost", "No connection. The run goes on without this page, or has ended."));
  stop.form.addEventListener("submit", event => {
    event.preventDefault();
    if (!confirm("Stop the run, and log out every live session?")) return;
    stop.disabled = true;
    fetch("stop", { method: "POST" }).then(
      answer => { if (!answer.ok) { stop.disabled = false; say("live", "The run was not stopped: " + answer.status); } },
      () => { stop.disabled = false; });
  });
})();
