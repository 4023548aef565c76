"""The options of cells, outputs and hidden tests, and what is wrong with them."""

from difflib import get_close_matches

JUPYTER = ('collapsed', 'deletable', 'editable', 'execution', 'jupyter', 'name')
CELL = sorted(('alt', 'mystnb', 'scrolled', 'slideshow', 'tags', *JUPYTER))
OUTPUT = ('data: real', 'stdout')
MYSTNB = (
    'code_prompt_hide',
    'code_prompt_show',
    'error_lexer',
    'figure',
    'image',
    'markdown_format',
    'merge_streams',
    'number_source_lines',
    'output_stderr',
    'remove_code_outputs',
    'remove_code_source',
    'scroll_outputs',
    'text_lexer',
)
IMAGES = ('image', 'figure')
RUNS = ('raises-exception', 'skip-execution')  # tags on which outputs depend
TAGS = (
    *RUNS,
    'full-width',
    'hide-cell',
    'hide-input',
    'hide-output',
    'margin',
    'popout',
    'remove-cell',
    'remove-input',
    'remove-output',
    'remove-stderr',
    'remove-stdout',
    'scroll-output',
)


def of_hidden(options):
    """As `of_cell`, for the options of a hidden test."""
    return unknown('a hidden test', options, ('points',))


def of_cell(options):
    """Yield (the wrong word, message) for each fault in the options of a cell."""
    yield from unknown('a code cell', options, CELL)
    tags, own = options.get('tags', []), options.get('mystnb', {})
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        yield 'tags', '`tags:` must be a list such as [hide-input]'
    else:
        for tag in tags:
            if tag not in TAGS and (near := _near(tag, TAGS, 0.8)):
                yield tag, f'there is no tag {tag!r}{near}'
    images = [own.get(name, {}) for name in IMAGES] if isinstance(own, dict) else []
    if not images or not all(isinstance(image, dict) for image in images):
        yield 'mystnb', '`mystnb:` holds options such as {image: {width: 50%}}'
    else:
        yield from unknown('`mystnb:`', own, MYSTNB)


def unknown(owner, options, known):
    """Yield (option, message) for each of `options` that `owner` does not have."""
    for name in map(str, options):
        if name not in known:
            near = _near(name, known, 0.6) or f'; it has {", ".join(known)}'
            yield name, f'{owner} has no option {name!r}{near}'


def _near(name, known, least):
    near = get_close_matches(name.lower(), known, 1, least)
    return f'; do you mean {near[0]!r}?' if near else ''


def metadata(options):
    """The Jupyter metadata of a cell with these options; `alt` tells of its images."""
    meta = {name: value for name, value in options.items() if name != 'alt'}
    if 'alt' in options:
        own = meta.get('mystnb', {})
        image = {**own.get('image', {}), 'alt': str(options['alt'])}
        meta['mystnb'] = {**own, 'image': image}
    return meta
