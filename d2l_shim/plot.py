"""Figures: the live curves of a run, line plots and rows of images.

In a notebook figures are SVG; in a plain script nothing is shown unless asked
(`plt.show()`, `board.fig.savefig(...)`), and IPython is not needed.
"""

import time

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from d2l_shim.surroundings import in_notebook

# Told apart by colour and, without colour, by line style.
COLORS = ('#0072b2', '#d55e00', '#00805a', '#aa3377')
STYLES = ('-', '--', '-.', ':')
WIDEST = 8  # inches of a row of images: a notebook's 768 pixels, 96 an inch


def use_svg_display():
    """Show this notebook's figures as SVG, the same bytes for the same figure."""
    if in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        plt.rcParams['svg.hashsalt'] = 'd2l'
        set_matplotlib_formats('svg', metadata={'Date': None})


use_svg_display()  # for those drawn by pyplot alone, too


def as_numpy(array):
    """Return a framework's array, on any device, as a NumPy array."""
    if hasattr(array, 'asnumpy'):  # MXNet
        return array.asnumpy()
    if hasattr(array, 'detach'):  # PyTorch
        array = array.detach().cpu()
    return np.asarray(array)


def names_of(value):
    """Return one name, or a collection of them, or None, as a list of names.

    >>> names_of('boot'), names_of(('boot', 'coat')), names_of(None)
    (['boot'], ['boot', 'coat'], [])
    """
    if isinstance(value, str):
        return [value] if value else []
    return [] if value is None else list(value)


def one_each(call, value, count, kind):
    """Return the names `value` for `count` things; those without one get None.

    Raises ValueError, in the name of `call`, where there are more names than things.

    >>> one_each('plot', 'loss', 2, 'curves')
    ['loss', None]
    >>> one_each('plot', ['a', 'b', 'c'], 2, 'curves')
    Traceback (most recent call last):
    ValueError: plot: there are 3 names for 2 curves; give at most one for each.
    """
    names = names_of(value)
    if len(names) > count:
        raise ValueError(
            f'{call}: there are {len(names)} names for {count} {kind}; '
            'give at most one for each.'
        )
    return names + [None] * (count - len(names))


class ProgressBoard:
    """Curves that grow while a run goes on: one figure, one line a label.

    >>> board = ProgressBoard(xlabel='step')
    >>> for step in range(3):
    ...     board.draw(step, 1 / (1 + step), 'loss')
    >>> board.curves['loss']
    ([0.0, 1.0, 2.0], [1.0, 0.5, 0.3333333333333333])

    A notebook shows it once and updates it in place, in at most a twentieth of the
    time; elsewhere nothing is drawn until `fig` is asked for.
    """

    INTERVAL = 0.5  # seconds between two updates, at least

    def __init__(
        self,
        *,
        xlabel: str | None = 'epoch',
        ylabel=None,
        xlim=None,
        ylim=None,
        xscale='linear',
        yscale='linear',
        figsize=(3.5, 2.5),
        display=True,
    ):
        self.figsize = figsize
        self.axes = {
            'xlabel': xlabel,
            'ylabel': ylabel,
            'xlim': xlim,
            'ylim': ylim,
            'xscale': xscale,
            'yscale': yscale,
        }
        self.curves = {}  # label -> ([x, ...], [y, ...])
        self._live = display and in_notebook()
        self._handle, self._due = None, 0

    def draw(self, x, y, label):
        """Add the point (x, y) to the curve `label`."""
        xs, ys = self.curves.setdefault(label, ([], []))
        xs.append(float(x))
        ys.append(float(y))
        if self._live and time.monotonic() >= self._due:
            self._show()

    def close(self):
        """Show the last points; the figure stays as it is then."""
        if self._live and self.curves:
            self._show()
        self._live = False

    @property
    def fig(self):
        """The figure as it stands, a matplotlib Figure that pyplot does not hold."""
        fig = Figure(figsize=self.figsize, layout='constrained')
        curves = [(*points, label) for label, points in self.curves.items()]
        draw_curves(fig.subplots(), curves, **self.axes)
        return fig

    def _show(self):
        begun = time.monotonic()
        if self._handle is None:
            from IPython.display import display

            use_svg_display()
            self._handle = display(self.fig, display_id=True)
        else:
            self._handle.update(self.fig)
        done = time.monotonic()
        self._due = done + max(self.INTERVAL, 20 * (done - begun))


def draw_curves(axes, curves, **options):
    """Draw `curves`, a list of (xs, ys, label or None), and set the axes' options."""
    axes.set_prop_cycle(color=COLORS, linestyle=STYLES)
    for xs, ys, label in curves:
        axes.plot(xs, ys, label=label, marker='.' if len(xs) <= 30 else None)
    axes.set(**{name: value for name, value in options.items() if value is not None})
    axes.grid(alpha=0.4)
    finish(axes)


def finish(axes):
    """Cut off no half of a point at the edge, and put the legend above the axes."""
    x_range, y_range = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    for line in axes.lines:
        x, y = map(np.asarray, line.get_data())
        if not (_beyond(x, *x_range) or _beyond(y, *y_range)):
            line.set(clip_on=False, zorder=3)  # over the frame
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        widest = max(map(len, labels)) + 6  # and a piece of its curve
        inches = axes.get_window_extent().width / axes.figure.dpi
        columns = min(len(labels), max(1, int(20 * inches // widest)))
        axes.legend(
            loc='lower left',
            bbox_to_anchor=(0, 1),
            borderaxespad=0.2,
            borderpad=0,
            frameon=False,
            fontsize=8,
            ncols=columns,
            columnspacing=1,
            handlelength=1.8,
            handletextpad=0.5,
        )


def _beyond(values, least, most):
    return ((values < least) | (values > most)).any()


def plot(
    X,
    Y=None,
    xlabel=None,
    ylabel=None,
    legend=None,
    xlim=None,
    ylim=None,
    xscale='linear',
    yscale='linear',
    figsize=(3.5, 2.5),
):
    """Draw curves into a new pyplot figure, which a notebook shows after the cell.

    `X` and `Y` are one curve or a list of curves; one X serves several Y. With `X`
    alone, it is drawn against 0, 1, 2, ... `legend` names the first curves, or all,
    above the axes (for a title above it there is `plt.suptitle`); `figsize` is in
    inches. Raises ValueError where X is neither one curve nor one for each of Y.

    >>> x = np.arange(0, 3, 0.1)
    >>> plot(x, [x**2, 2 * x], xlabel='x', legend=['f', 'slope'])
    >>> [line.get_label() for line in plt.gca().lines]
    ['f', 'slope']
    """
    use_svg_display()
    ys = _curves(X if Y is None else Y)
    xs = [np.arange(len(y)) for y in ys] if Y is None else _curves(X)
    xs = xs * len(ys) if len(xs) == 1 else xs
    if len(xs) != len(ys):
        raise ValueError(
            f'plot: X has {len(xs)} curves, but Y has {len(ys)}; give one '
            'X for all, or one for each.'
        )
    labels = one_each('plot', legend, len(ys), 'curves')
    draw_curves(
        plt.figure(figsize=figsize, layout='constrained').add_subplot(),
        list(zip(xs, ys, labels, strict=True)),
        xlabel=xlabel,
        ylabel=ylabel,
        xlim=xlim,
        ylim=ylim,
        xscale=xscale,
        yscale=yscale,
    )


def _curves(values):
    """Return one curve, or a list of them, as a list of 1-D arrays."""
    several = len(values) > 0 and as_numpy(values[0]).ndim > 0
    return [as_numpy(curve) for curve in (values if several else [values])]


def show_images(imgs, num_rows, num_cols, titles=None, scale=None):
    """Draw images (H, W), with or without a channel axis of 1, in rows, in grey.

    Like `plot`, into a new pyplot figure; `scale` is the size of one, in inches: 1.5,
    or less where a row would then be wider than a notebook. Raises ValueError for more
    `titles` than images.
    """
    use_svg_display()
    titles = one_each('show_images', titles, len(imgs), 'images')
    height = scale  # of a row
    if scale is None:  # the titles have a place of their own
        scale = min(1.5, WIDEST / num_cols)
        lines = max((len(str(t or '').splitlines()) for t in titles), default=0)
        height = scale + 0.17 * lines
    size = num_cols * scale, num_rows * height
    _, axes = plt.subplots(
        num_rows, num_cols, squeeze=False, figsize=size, layout='constrained'
    )
    for ax in axes.flat:
        ax.axis('off')
    for ax, img, title in zip(axes.flat, imgs, titles, strict=False):
        ax.imshow(as_numpy(img).squeeze(), cmap='gray')
        ax.set_title('' if title is None else title, fontsize=min(12, 9 * scale))
