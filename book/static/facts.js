/* Copies how to cite a section; and marks in the contents where the reader is. */
'use strict';

document.addEventListener('click', async ({ target }) => {
  if (!target.matches('.cite button')) return;
  const entry = target.closest('.cite').querySelector('pre');
  const status = target.nextElementSibling;
  status.textContent = '';  // so that a second copy is told of, too
  try {
    await navigator.clipboard.writeText(entry.textContent);
    status.textContent = say('Copied.');
  } catch {  // it is not to be had everywhere
    getSelection().selectAllChildren(entry);
    status.textContent = say('Marked: copy it with your browser.');
  }
});

/* The theme marks a heading as it comes into view, and none on the way back up. */
addEventListener('DOMContentLoaded', () => {
  const links = [...document.querySelectorAll('.page-toc a[href^="#"]')];
  const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  if (!links.length || places.includes(null)) return;

  /** The link to the last heading in the upper third, or at the page's end the last. */
  function current() {
    const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const top = (place) => place.getBoundingClientRect().top;
    const asked = places.findIndex((place) => `#${place.id}` === decodeURIComponent(location.hash));
    if (end && asked >= 0 && top(places[asked]) >= 0) return links[asked];
    const passed = places.filter((place) => top(place) < (end ? innerHeight : innerHeight * 0.3));
    return links[passed.length - 1];
  }

  function mark() {
    const shown = current();
    for (const link of links) {
      const on = link === shown;
      if (link.classList.contains('active') !== on) link.classList.toggle('active', on);
      if (on) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
    }
    for (const entry of document.querySelectorAll('.page-toc li')) {
      const on = entry.contains(shown ?? null) && Boolean(shown);
      if (entry.classList.contains('active') !== on) entry.classList.toggle('active', on);
    }
  }

  let waiting = false;
  addEventListener('scroll', () => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; mark(); });
    waiting = true;
  }, { passive: true });
  const changed = new MutationObserver(mark);  // by the theme, which would have its way
  for (const link of links) changed.observe(link, { attributeFilter: ['class'] });
  mark();
});
