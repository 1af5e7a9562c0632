/* Keeps /deliveries/:id live by server-sent events; without it the page is read again every few seconds. */
(() => {
  'use strict';
  const live = document.getElementById('live');
  if (!live || !window.EventSource) return;
  const id = live.dataset.delivery;
  const said = document.getElementById('said');
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  let stream;
  let tenth = -1;

  const put = (selector, n) => {
    for (const place of document.querySelectorAll(selector)) place.textContent = numbers.format(n);
  };
  // A guess from the last minute, in words that do not tick.
  const leftOf = (pending, perMinute) => {
    if (!pending || !perMinute) return '';
    const minutes = Math.ceil(pending / perMinute);
    const [n, word] = minutes < 60 ? [minutes, 'minute'] : [Math.round(minutes / 60), 'hour'];
    return ` · ${numbers.format(perMinute)} a minute · about ${n} ${word}${n === 1 ? '' : 's'} left`;
  };
  const draw = ({ counts, wikis, perMinute }) => {
    if (!counts) return;
    const done = counts.total - counts.pending;
    const bar = document.getElementById('bar');
    if (!bar) return counts.total ? location.reload() : undefined;
    bar.max = Math.max(counts.total, 1);
    bar.value = done;
    put('#done', done);
    put('#total', counts.total);
    if (perMinute) document.getElementById('left').textContent = leftOf(counts.pending, perMinute);
    for (const key of Object.keys(counts)) put(`dd[data-count="${key}"]`, counts[key]);
    for (const wiki of wikis || [])
      for (const key of ['sent', 'skipped', 'failed', 'pending']) put(`[data-wiki="${CSS.escape(wiki.host)}"][data-count="${key}"]`, wiki[key]);
    // Heard at each tenth, never at each tick.
    const now = counts.total ? Math.floor((done / counts.total) * 10) : 0;
    if (tenth >= 0 && now > tenth) said.textContent = `${now * 10} % done`;
    tenth = now;
  };
  const open = () => {
    stream = new EventSource(`/api/deliveries/${id}/progress`);
    const take = (event) => {
      const data = JSON.parse(event.data);
      if (data.state && data.state !== live.dataset.state) return location.reload();
      draw(data);
    };
    for (const name of ['snapshot', 'progress', 'message']) stream.addEventListener(name, take);
    stream.addEventListener('changed', () => location.reload());
    stream.onerror = () => { said.textContent = 'Not live: trying again.'; };
    stream.onopen = () => { said.textContent = ''; };
  };
  const close = () => stream && stream.close();
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : location.reload()));
  window.addEventListener('pagehide', close);
  if (!document.hidden) open();
})();
