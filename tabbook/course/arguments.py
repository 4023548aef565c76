"""What `python -m tabbook course` takes: one line for each thing that it does."""

from pathlib import Path


def add(parser):
    """Add a parser for each thing to do to that of the command."""
    kinds = parser.add_subparsers(required=True, metavar='what', dest='what')
    for name, (text, *wanted) in WHAT.items():
        one = kinds.add_parser(name, help=text, description=text)
        for option in wanted:
            flags, settings = OPTIONS[option]
            one.add_argument(*flags, **settings)
        out = wanted[0] != 'section' or name == 'similar'
        one.add_argument('--out', type=Path, required=out, help='the file to write')
        one.add_argument('--root', type=Path, help='the project, if not this folder')
        one.set_defaults(paths=[], section=[], tab=[])


OPTIONS = {
    'table': (['table'], {'type': Path, 'help': 'the table that `grade` wrote'}),
    'submissions': (
        ['submissions'],
        {'type': Path, 'help': 'the folder of notebooks that were handed in'},
    ),
    'section': (
        ['--section', '--name'],
        {'action': 'append', 'default': [], 'help': 'the assignment'},
    ),
    'tab': (
        ['--tab', '--framework'],
        {'action': 'append', 'default': [], 'help': 'the framework'},
    ),
    'into': (
        ['--into'],
        {'type': Path, 'help': 'the table that the course system exported'},
    ),
    'by': (['--by'], {'help': 'its column that tells who is who'}),
    'column': (['--column'], {'help': 'its column for the points'}),
    'out_of': (
        ['--out-of'],
        {'type': float, 'help': 'scale to so many points; default: as they are'},
    ),
    'written': (
        ['--written'],
        {'type': Path, 'help': 'a rubric that was filled in, to be merged'},
    ),
    'key': (
        ['--key'],
        {'type': Path, 'help': 'anonymous ids, by the key in this file'},
    ),
    'criterion': (
        ['--criterion'],
        {
            'action': 'append',
            'default': [],
            'required': True,
            'metavar': 'NAME=POINTS',
            'help': 'one of what a hand gives points for',
        },
    ),
    'least': (
        ['--least'],
        {'type': int, 'default': 50, 'help': 'percent in common that are shown'},
    ),
}
MERGED = ('written', 'key')
WHAT = {
    'gradebook': (
        'put the points into a table of Canvas or Moodle',
        'table', 'into', 'by', 'column', 'out_of', *MERGED,
    ),
    'feedback': (
        'pack the reports into a zip that Moodle takes', 'table', 'into', 'by', *MERGED
    ),
    'statistics': ('write a page on how the class did', 'table', *MERGED),
    'rubric': (
        'write a table for written answers, to be filled in by hand',
        'table', 'criterion', 'key',
    ),
    'anonymous': ('write the points by anonymous ids', 'table', *MERGED),
    'similar': (
        'write a page on submissions that are alike',
        'submissions', 'section', 'tab', 'least', 'key',
    ),
    'release': ('write the solution without hidden tests', 'section', 'tab'),
}  # fmt: skip
