// Fetches live.json when new values are due and puts its words into the page. Words and numbers are made on the server.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const main = byId('main');
  const words = JSON.parse(main.dataset.words);
  const HEARTBEAT = 60e3, SPREAD = 15e3, BIG_CHANGE = 5; // ms, ms, points of share worth saying aloud
  let live = null, skew = 0, missed = 0, paused = false, stale = main.classList.contains('stale');
  let timer = 0, running = null, said = null;

  const now = () => Date.now() + skew;
  const say = (text) => { byId('say').textContent = text; };

  function put(view) {
    for (const element of document.querySelectorAll('[data-k]')) {
      const text = view.text[element.dataset.k], attributes = view.attributes[element.dataset.k];
      if (text !== undefined && element.textContent !== text) element.textContent = text;
      for (const name in attributes) {
        if (attributes[name] === null) element.removeAttribute(name);
        else element.setAttribute(name, attributes[name]);
      }
    }
  }

  function showAge() {
    if (!live) return;
    const s = Math.max(1, Math.round((now() - Date.parse(live.published_at)) / 1e3));
    // Steps as the server takes them: the next unit from one and a half of it on.
    const [count, pattern] = s < 90 ? [s, s === 1 ? 0 : 1] : s < 5400 ? [s / 60, 2] : s < 129600 ? [s / 3600, 3] : [s / 86400, 4];
    byId('age').textContent = `(${words.ages[pattern].replace(/\d+/, Math.round(count))})`;
    setStale(missed >= 2 || now() > Date.parse(live.stale_after));
  }

  function setStale(is) {
    if (is !== stale) say(is ? live.text.stale : words.fresh);
    stale = is;
    main.classList.toggle('stale', is);
    byId('stale').hidden = !is;
  }

  function tell() {
    const share = live.share_percent;
    const small = said && share !== null && said.share !== null && Math.abs(share - said.share) < BIG_CHANGE;
    if (said && !small && said.say !== live.say) say(live.say);
    if (!small) said = {share, say: live.say};
  }

  // New values are due at next_at; visitors spread over the seconds after it. Faster ticks get a smaller spread.
  function delay() {
    const period = live && live.next_at ? Date.parse(live.next_at) - Date.parse(live.published_at) : HEARTBEAT;
    const quick = period > 0 && period < HEARTBEAT;
    if (!live || missed) return (quick ? Math.max(2e3, period) : live ? HEARTBEAT : 5e3) * (.9 + .2 * Math.random());
    const spread = Math.random() * (quick ? period / 5 : SPREAD);
    let due = live.next_at ? Date.parse(live.next_at) - now() : HEARTBEAT;
    if (due < 0) due = quick ? Math.max(1e3, period / 3) : HEARTBEAT;
    return Math.min(due + spread, HEARTBEAT);
  }

  async function load() {
    clearTimeout(timer);
    if (paused || document.hidden || running) return;
    running = new AbortController();
    const limit = setTimeout(() => running.abort(), 1e4);
    try {
      const answer = await fetch('live.json', {cache: 'no-cache', credentials: 'omit', signal: running.signal});
      const ahead = Date.parse(answer.headers.get('date')) - Date.now();
      skew = Math.abs(ahead) > 2e3 ? ahead : 0; // the header counts whole seconds
      const view = await answer.json();
      if (answer.ok) {
        missed = 0;
        if (!paused) { live = view; put(view); tell(); } // a paused page goes on showing, and ageing, what it holds
      } else {
        missed += 1;
        if (!live) put(view);
      }
    } catch { missed += 1; }
    clearTimeout(limit);
    running = null;
    showAge();
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(load, delay());
  }

  byId('pause').hidden = false;
  byId('pause').addEventListener('click', () => {
    paused = !paused;
    byId('pause').textContent = paused ? words.resume : words.pause;
    byId('paused').hidden = !paused;
    byId('paused').textContent = paused ? words.paused : '';
    say(paused ? words.paused : words.resumed);
    if (paused) clearTimeout(timer);
    else load();
  });
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : load()));
  addEventListener('online', load);
  setInterval(() => { if (!document.hidden) showAge(); }, 5e3);
  load();
})();
