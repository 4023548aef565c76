"""Figures: one live figure in a notebook, none unasked for in a plain script."""

import io
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from d2l_shim import plot as d2l
from d2l_shim.plot import ProgressBoard, plt
from tabbook.reading.dark import darkened, following

CELLS = [
    """
from d2l_shim.plot import plt
axes = plt.subplots()[1]
axes.pcolormesh(range(2), range(2), [[0, 1], [2, float('nan')]], cmap='YlGnBu')
axes.set_title('map');
""",
    """
from d2l_shim.plot import ProgressBoard, plot, show_images
ProgressBoard.INTERVAL = 0
board = ProgressBoard(xlim=[0, 3])
for x in range(4):
    board.draw(x, 1 / (x + 1), 'train loss')
    board.draw(x, x / 4, 'val accuracy')
board.close()
""",
    """
board = ProgressBoard(xlim=[0, 3])
for x in range(4):
    board.draw(x, 1 / (x + 1), 'train loss')
    board.draw(x, x / 4, 'val accuracy')
    board._due = float('inf')  # as if too little time had passed for an update
board.close()
board.close()
""",
    'ProgressBoard(display=False).draw(0, 1, "loss")',
    'plot([1, 2, 3], [1, 4, 9], xlabel="x", legend=["squares"])',
    'plot([1, 2, 3], [1, 4, 9], xlabel="x", legend=["squares"])',
    'import numpy as np; show_images(np.eye(4)[None], 1, 1, titles=["eye"])',
    'from d2l_shim.surroundings import setting; print(setting("A", "b"))',
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close('all')


@pytest.fixture(scope='module')
def outputs():
    """What each of CELLS leaves in an executed notebook."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS]
    )
    NotebookClient(notebook, kernel_name='python3', timeout=120).execute()
    first, *others = (cell.outputs for cell in notebook.cells)
    return [*others, first]


def svg_of(outputs):
    """The one SVG figure that these outputs consist of."""
    assert [output.output_type for output in outputs] == ['display_data']
    return outputs[0].data['image/svg+xml']


# In a notebook


def test_a_live_board_leaves_one_figure_with_all_curves(outputs):
    svg = svg_of(outputs[0])
    for text in 'train loss', 'val accuracy', 'epoch':
        assert svg.count(f'<!-- {text} -->') == 1


def test_close_shows_the_points_that_were_held_back(outputs):
    assert svg_of(outputs[1]) == svg_of(outputs[0])


def test_a_board_that_is_not_displayed_leaves_nothing(outputs):
    assert outputs[2] == []


def test_plots_are_shown_once_and_are_the_same_bytes_again(outputs):
    assert svg_of(outputs[3]) == svg_of(outputs[4])
    assert '<dc:date>' not in svg_of(outputs[3])


def test_images_are_shown_once(outputs):
    assert '<!-- eye -->' in svg_of(outputs[5])


def test_a_cell_is_told_of_a_variable_as_a_cell_sets_it(outputs):
    assert [out.text for out in outputs[6]] == ['run `%env A=b` in a cell\n']


def test_what_pyplot_alone_draws_is_svg_and_follows_the_page_into_the_dark(outputs):
    dark = following(svg_of(outputs[-1]))
    assert '<!-- map -->' in dark
    assert 'data:image' not in dark
    for colour in '#ffffd9', '#081d58':  # both ends of the scale
        assert f'fill: var(--{colour[1:]}, {colour})' in dark
        assert f'--{colour[1:]}:{darkened(colour)}' in dark
    assert len(dark) < 100_000


# In a plain script


def test_a_plain_script_needs_no_ipython_and_shows_nothing():
    script = """
import sys
sys.modules['IPython'] = sys.modules['matplotlib_inline'] = None
from d2l_shim import plot
board = plot.ProgressBoard()
board.draw(0, 1, 'loss')
board.close()
assert plot.plt.get_fignums() == []
plot.plot([1, 2])
assert plot.plt.get_fignums() == [1]
plot.use_svg_display()
"""
    done = subprocess.run(
        [sys.executable, '-c', script], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_the_figure_of_a_board_is_drawn_when_asked_for(tmp_path):
    board = ProgressBoard(ylabel='loss', ylim=[0, 2], yscale='linear')
    for x in range(3):
        board.draw(np.float32(x), np.float64(1), 'train')
        board.draw(x, 0.5, 'val')
    assert isinstance(board.fig, Figure)
    [axes] = board.fig.axes
    train, val = axes.lines
    assert train.get_xydata().tolist() == [[0, 1], [1, 1], [2, 1]]
    assert train.get_linestyle() != val.get_linestyle()
    assert train.get_color() != val.get_color()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ('epoch', 'loss')
    assert axes.get_ylim() == (0, 2)
    assert [text.get_text() for text in axes.get_legend().texts] == ['train', 'val']
    board.fig.savefig(tmp_path / 'board.png')
    assert (tmp_path / 'board.png').stat().st_size > 0
    assert plt.get_fignums() == []


def test_a_single_point_can_be_seen_and_a_long_curve_has_no_marks():
    board = ProgressBoard()
    board.draw(1, 1, 'short')
    for x in range(31):
        board.draw(x, x, 'long')
    short, long = board.fig.axes[0].lines
    assert (short.get_marker(), long.get_marker()) == ('.', 'None')


def drawn(fig):
    """The axes of a figure, its curves and its legend, each with the box it takes."""
    fig.savefig(io.BytesIO())  # which lays it out
    (axes,) = fig.axes
    return axes, axes.lines, axes.get_legend().get_window_extent()


def test_the_legend_covers_no_curve_and_stands_in_the_figure():
    board = ProgressBoard(xlim=[0, 3])
    for label in 'train loss', 'val loss', 'val accuracy', 'a curve of a long name':
        for x in range(4):
            board.draw(x, len(board.curves) + x, label)
        fig = board.fig
        axes, _, legend = drawn(fig)
        assert legend.y0 >= axes.get_window_extent().y1
        assert fig.bbox.x0 <= legend.x0 < legend.x1 <= fig.bbox.x1
        assert legend.y1 <= fig.bbox.y1


def test_points_on_the_frame_are_whole_and_those_beyond_are_cut():
    board = ProgressBoard(xlim=[0, 3])
    for x in range(5):
        board.draw(min(x, 3), x, 'within')
        board.draw(x, x, 'beyond')
    _, lines, _ = drawn(board.fig)
    assert [line.get_clip_on() for line in lines] == [False, True]


def test_an_empty_board_has_a_figure():
    assert ProgressBoard().fig.axes[0].lines[:] == []


def curves_of(*args, **kwargs):
    d2l.plot(*args, **kwargs)
    return [line.get_xydata().tolist() for line in plt.gca().lines]


@pytest.mark.parametrize(
    ('args', 'expected'),
    [
        (([3, 4],), [[[0, 3], [1, 4]]]),
        (([[3, 4], [5]],), [[[0, 3], [1, 4]], [[0, 5]]]),
        (([1, 2], [3, 4]), [[[1, 3], [2, 4]]]),
        (([1, 2], [[3, 4], [5, 6]]), [[[1, 3], [2, 4]], [[1, 5], [2, 6]]]),
        (([[1, 2], [7]], [[3, 4], [5]]), [[[1, 3], [2, 4]], [[7, 5]]]),
        ((np.arange(2), np.ones((2, 2))), [[[0, 1], [1, 1]]] * 2),
        (([],), [[]]),
    ],
)
def test_plot_takes_a_curve_or_several(args, expected):
    assert curves_of(*args) == expected


def test_plot_sets_what_it_is_told():
    d2l.plot(
        [1, 2],
        [[1, 10], [2, 20]],
        'x',
        'y',
        ['a', 'b'],
        [1, 2],
        [1, 99],
        yscale='log',
        figsize=(4, 3),
    )
    axes = plt.gca()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ('x', 'y')
    assert (axes.get_xlim(), axes.get_ylim()) == ((1, 2), (1, 99))
    assert (axes.get_xscale(), axes.get_yscale()) == ('linear', 'log')
    assert [text.get_text() for text in axes.get_legend().texts] == ['a', 'b']
    assert plt.gcf().get_size_inches().tolist() == [4, 3]


def legend_of(axes):
    legend = axes.get_legend()
    return legend and [text.get_text() for text in legend.texts]


@pytest.mark.parametrize(
    ('legend', 'shown'),
    [
        ('loss', ['loss']),
        (['loss'], ['loss']),
        (('a', 'b'), ['a', 'b']),
        (np.array(['a', 'b']), ['a', 'b']),
        (iter('ab'), ['a', 'b']),
        (None, None),
        ('', None),
        ([], None),
        ((1, 2), ['1', '2']),
    ],
)
def test_a_legend_is_one_name_or_a_collection_of_no_more_than_there_are_curves(
    legend, shown
):
    d2l.plot([[1, 2], [3, 4]], legend=legend)
    assert legend_of(plt.gca()) == shown


def test_a_legend_longer_than_the_curves_is_an_error_that_leaves_no_figure():
    with pytest.raises(ValueError, match=r'^plot: .*3 names .*2 curves.*\.$'):
        d2l.plot([[1, 2], [3, 4]], legend=['a', 'b', 'c'])
    assert plt.get_fignums() == []


def test_curves_that_do_not_match_are_an_error_that_leaves_no_figure():
    with pytest.raises(ValueError, match=r'^plot: X has 2 curves, but Y has 3.*\.$'):
        d2l.plot([[1], [2]], [[1], [2], [3]])
    assert plt.get_fignums() == []


def test_a_board_names_what_it_does_not_take_at_once():
    with pytest.raises(TypeError, match="unexpected keyword argument 'legend'"):
        ProgressBoard(legend='loss')


def test_images_lose_a_channel_axis_and_may_be_fewer_than_places():
    images = np.arange(2 * 4 * 5).reshape(2, 1, 4, 5)
    d2l.show_images(images, 2, 2, titles=['a', 'b'], scale=2)
    axes = plt.gcf().axes
    assert [len(ax.images) for ax in axes] == [1, 1, 0, 0]
    assert axes[1].images[0].get_array().tolist() == images[1, 0].tolist()
    assert [ax.get_title() for ax in axes] == ['a', 'b', '', '']
    assert plt.gcf().get_size_inches().tolist() == [4, 4]


@pytest.mark.parametrize(
    ('columns', 'size'), [(1, [1.5, 3]), (5, [7.5, 3]), (8, [8, 2]), (16, [8, 1])]
)
def test_a_row_of_images_is_no_wider_than_a_notebook(columns, size):
    d2l.show_images(np.zeros((2 * columns, 4, 4)), 2, columns)
    assert plt.gcf().get_size_inches().tolist() == size


@pytest.mark.parametrize(
    ('titles', 'shown'),
    [
        ('boot', ['boot', '', '']),
        (['a'], ['a', '', '']),
        (iter('abc'), ['a', 'b', 'c']),
        ((1, 2), ['1', '2', '']),
        ([], ['', '', '']),
        ('', ['', '', '']),
    ],
)
def test_titles_may_be_fewer_than_images(titles, shown):
    d2l.show_images(np.zeros((3, 4, 4)), 1, 3, titles=titles)
    assert [ax.get_title() for ax in plt.gcf().axes] == shown
    assert [len(ax.images) for ax in plt.gcf().axes] == [1, 1, 1]


def test_more_titles_than_images_are_an_error_that_leaves_no_figure():
    with pytest.raises(ValueError, match=r'^show_images: .*3 names .*2 images.*\.$'):
        d2l.show_images(np.zeros((2, 4, 4)), 1, 3, titles=['a', 'b', 'c'])
    assert plt.get_fignums() == []


def test_images_need_no_titles():
    d2l.show_images(np.zeros((3, 4, 4)), 1, 2)
    assert [len(ax.images) for ax in plt.gcf().axes] == [1, 1]
