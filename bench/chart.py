"""Draws the ratios of a run as an SVG chart: one bar a goal, as a part of what is allowed."""

from html import escape

WIDTH, LABEL, BAR, ROW = 900, 400, 400, 22
SHOWN_MAX = 1.5  # of the goal; longer bars are cut there


def draw(rows: list[dict]) -> str:
    """An SVG document of the rows that have a goal."""
    goals = [row for row in rows if "goal" in row]
    height = (len(goals) + 2) * ROW
    limit = LABEL + BAR / SHOWN_MAX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{limit}" y="{ROW - 8}" text-anchor="middle">goal</text>',
    ]
    for number, row in enumerate(goals, start=1):
        top = number * ROW
        share = row["ratio"] / row["goal"]
        width = min(share, SHOWN_MAX) / SHOWN_MAX * BAR
        colour = "#3a7d44" if share <= 1 else "#b3392f"
        parts += [
            f'<text x="{LABEL - 8}" y="{top + 15}" text-anchor="end">'
            f"{escape(row['name'])} ({escape(row['side'])})</text>",
            f'<rect x="{LABEL}" y="{top + 4}" width="{width:.1f}" height="{ROW - 8}" '
            f'fill="{colour}"/>',
            f'<text x="{LABEL + width + 6:.1f}" y="{top + 15}">{row["ratio"]:.2f} of '
            f"{row['goal']:g}</text>",
        ]
    parts += [
        f'<line x1="{limit}" x2="{limit}" y1="{ROW}" y2="{height - ROW / 2}" stroke="black" '
        f'stroke-dasharray="3 3"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
