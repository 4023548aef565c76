/* The switch of languages leads to the same place of a page; a language that the
 * browser asks for is offered until the reader has chosen one, or closed the offer.
 * The framework is kept by the site, for all languages.
 */
'use strict';

addEventListener('DOMContentLoaded', () => {
  const KEY = 'language';
  const links = [...document.querySelectorAll('#languages a')];
  const here = links.find((link) => link.ariaCurrent);
  if (!here) return;

  /** Go where `link` leads, to the place that the reader is at; remember the choice. */
  function follow(link) {
    link.addEventListener('click', () => {
      localStorage.setItem(KEY, link.hreflang);
      const query = new URLSearchParams(location.search).get('q');
      if (query) link.search = new URLSearchParams({ q: query });
      link.hash = location.hash;
    });
  }
  links.forEach(follow);

  /** The link to the first language of the browser that the book has, or undefined. */
  function wanted() {
    const main = (tag) => tag.toLowerCase().split('-')[0];
    const asked = navigator.languages.map(main);
    const known = links.map((link) => main(link.hreflang));
    return links[known.indexOf(asked.find((tag) => known.includes(tag)))];
  }

  const other = wanted();
  if (!other || other === here || localStorage.getItem(KEY) !== null) return;
  const offer = document.createElement('p');
  offer.className = 'for-now language-offer';
  offer.role = 'status';
  const link = other.cloneNode(true);
  follow(link);
  const close = document.createElement('button');
  close.textContent = '×';
  close.ariaLabel = say('Close');
  close.addEventListener('click', () => {
    localStorage.setItem(KEY, here.hreflang);
    offer.remove();
  });
  offer.append(link, close);
  document.body.append(offer);
});
