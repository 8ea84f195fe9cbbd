// Runs in every page of tests/bench/screens.py, before the app: `bench` measures from within.
(() => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const sent = [];
  let isOpen = false;

  /** Calls back once what this frame draws is drawn. */
  function afterPaint(call) {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      call(performance.now());
    };
    channel.port2.postMessage(0);
  }

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        isOpen = true;
        if (
          bench.awaited &&
          typeof data === "string" &&
          data.includes(bench.awaited.text)
        )
          bench.awaited.at ??= performance.now();
      });
    }
  };

  const bench = (window.bench = {
    keys: [],
    events: [],
    awaited: null,
    isLive: () => isOpen,
    ids: () =>
      [...document.querySelectorAll(".trow[data-ticket]")].map(
        (row) => row.dataset.ticket,
      ),

    /** Goes to this row; whether it is drawn there. */
    hasRow(index) {
      const box = document.querySelector("#tickets [role=grid]");
      if (!box) return false;
      const height =
        box.firstElementChild.clientHeight /
        Number(box.getAttribute("aria-rowcount"));
      box.scrollTop = (index - 3) * height;
      return (
        box.querySelector(`.trow[data-ticket][aria-rowindex="${index}"]`) !==
        null
      );
    },

    /** Moves the list so many frames; `busy` is how long the page's thread was at each of them. */
    async scroll(steps, by) {
      const box = document.querySelector("#tickets [role=grid]");
      const frames = [];
      const busy = [];
      let rows = 0;
      let began = 0;
      const begin = () => (began ||= performance.now());
      document.addEventListener("scroll", begin, {
        capture: true,
        passive: true,
      });
      let before = await frame();
      for (let step = 0; step < steps; step++) {
        box.scrollTop += by;
        const at = await frame();
        const from = began || performance.now();
        began = 0;
        await new Promise((done) =>
          afterPaint((end) => (busy.push(end - from), done())),
        );
        frames.push(at - before);
        before = at;
        rows = Math.max(rows, box.querySelectorAll(".trow").length);
      }
      document.removeEventListener("scroll", begin, { capture: true });
      return {
        frames: frames.slice(1),
        busy,
        rows,
        total: Number(box.getAttribute("aria-rowcount")),
      };
    },

    /** Presses a key so many times and waits each time until the ticket is painted. */
    async walk(key, times) {
      const took = [];
      for (let n = 0; n < times; n++) {
        took.push(
          await bench.opening(() =>
            document.body.dispatchEvent(
              new KeyboardEvent("keydown", {
                key,
                bubbles: true,
                cancelable: true,
              }),
            ),
          ),
        );
        await new Promise((done) => setTimeout(done, 250));
      }
      return took;
    },

    /** Milliseconds until the User Timing measure of the app tells that a ticket is painted. */
    opening(act) {
      return new Promise((done, fail) => {
        const late = setTimeout(() => fail(new Error("no ticket-open")), 60000);
        const watch = new PerformanceObserver((list) => {
          const found = list.getEntriesByName("ticket-open")[0];
          if (!found) return;
          clearTimeout(late);
          watch.disconnect();
          done(found.duration);
        });
        watch.observe({ type: "measure" });
        act();
      });
    },

    open(who) {
      const row = [...document.querySelectorAll("#tickets .trow")].find(
        (each) => each.textContent.includes(who),
      );
      return bench.opening(() => row.click());
    },

    slowest(path) {
      const all = performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.includes(path));
      return Math.max(
        ...all.map((each) => each.responseEnd - each.requestStart),
      );
    },

    paste(text) {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      const event = new ClipboardEvent("paste", {
        clipboardData: data,
        bubbles: true,
        cancelable: true,
      });
      document.activeElement.dispatchEvent(event);
    },

    watchKeys() {
      const note = ({ timeStamp }) =>
        requestAnimationFrame(() =>
          afterPaint((end) => bench.keys.push(end - timeStamp)),
        );
      document
        .querySelector(".ProseMirror")
        .addEventListener("keydown", note, true);
    },

    /** The next event with this text: how long from its frame on the socket until its row is painted. */
    awaitRow(text) {
      const awaited = (bench.awaited = { text, at: undefined });
      const look = () => {
        const isThere = [...document.querySelectorAll(".trow")].some((row) =>
          row.textContent.includes(text),
        );
        if (isThere) afterPaint((end) => bench.events.push(end - awaited.at));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
  });
})();
