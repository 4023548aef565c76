"""Classes of functions of growing size: side by side, and one inside the other."""

from math import dist

from matplotlib.patches import Circle
from style import INK, MUTED, SOURCES, _, canvas, save

SIDE_BY_SIDE = [(16.5, 20.5, 3.2), (13.5, 13.5, 5.0), (20.5, 8.5, 5.6)]
NESTED = [(45.5, 9.5, 3.2), (46.4, 10.8, 5.0), (47.7, 12.4, 7.2)]
STARS = (28.5, 24), (60.5, 24)


def nearest(circle, point):
    """The point of a circle (x, y, radius) that is nearest to a `point` outside it."""
    x, y, radius = circle
    part = radius / dist((x, y), point)
    return x + part * (point[0] - x), y + part * (point[1] - y)


def draw_class(ax, circle, star, colour, name):
    """A class as a region, its function nearest to the star, and the way from there."""
    x, y, radius = circle
    region = Circle(
        (x, y), radius, edgecolor=INK, linewidth=1.0, zorder=3 - radius / 10
    )
    region.set(facecolor=colour, alpha=0.35)
    ax.add_patch(region)
    spot = nearest(circle, star)
    ax.plot(*zip(spot, star, strict=True), ':', color=MUTED, linewidth=1.1, zorder=4)
    ax.plot(*spot, 'o', color=INK, markersize=4.5, zorder=5)
    ax.text(x + radius - 1.0, y - 0.9, name, ha='center', va='center', zorder=6)


def panel(ax, circles, star, title, shift=(0, 0)):
    """The classes `circles` and what is sought, below a `title`, moved by `shift`."""
    right, up = shift
    circles = [(x + right, y + up, radius) for x, y, radius in circles]
    star = star[0] + right, star[1] + up
    for number, (circle, colour) in enumerate(zip(circles, SOURCES, strict=False), 1):
        draw_class(ax, circle, star, colour, str(number))
    ax.plot(*star, '*', color=INK, markersize=13, zorder=6)
    ax.text(star[0] - 12, star[1] + 4.6, title, ha='center', va='center', fontsize=11)


def draw():
    """The figure, two panels."""
    fig, ax = canvas(6.6, 3.2)
    panel(ax, SIDE_BY_SIDE, STARS[0], _('larger, but not nested'))
    panel(ax, NESTED, STARS[1], _('nested'))
    return fig


def narrow():
    """The figure as a phone shows it: one panel below the other."""
    fig, ax = canvas(3.6, 6.2)
    panel(ax, SIDE_BY_SIDE, STARS[0], _('larger, but not nested'), (0, 30))
    panel(ax, NESTED, STARS[1], _('nested'), (-32, 0))
    return fig


if __name__ == '__main__':
    print(save(draw(), 'function_classes'))
    print(save(narrow(), 'function_classes-narrow'))
