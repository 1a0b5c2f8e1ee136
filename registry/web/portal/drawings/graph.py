"""The graph around a node in columns: who uses it to the left, what it rests on to the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from registry.model.graph import Edge, EdgeKind, Graph, Node, NodeId, NodeKind

BOX_WIDTH, BOX_HEIGHT = 208, 46
COLUMN_GAP, ROW_GAP = 118, 16
MARGIN = 12
TITLE_CHARS_MAX = 27
STROKE_MAX = 6.0
ORDER = {NodeKind.TEAM: 0, NodeKind.CONSUMER: 1, NodeKind.CONTRACT: 2, NodeKind.SCHEMA: 3}


@dataclass(frozen=True, slots=True)
class Box:
    """A node with the place of its upper left corner; ``label`` fits the box, ``node`` has the whole name."""

    node: Node
    x: int
    y: int
    label: str
    note: str
    is_focus: bool


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as an SVG path, with what stands beside it and where."""

    edge: Edge
    path: str
    width: float
    label: str
    label_x: int
    label_y: int


@dataclass(frozen=True, slots=True)
class GraphDrawing:
    """Everything with the size of the canvas."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw_graph(graph: Graph, focus: NodeId) -> GraphDrawing:
    """Columns by distance from the focus: against an edge to the left, along it to the right."""
    columns = columns_of(graph, focus)
    rows = rows_of(graph, columns)
    first = min(columns.values(), default=0)
    tallest = max((len(names) for names in rows.values()), default=1)
    height = 2 * MARGIN + tallest * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
    nodes = {node.id: node for node in graph.nodes}
    boxes: dict[NodeId, Box] = {}
    for column, names in rows.items():
        taken = len(names) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
        top = MARGIN + (height - 2 * MARGIN - taken) // 2
        x = MARGIN + (column - first) * (BOX_WIDTH + COLUMN_GAP)
        for position, name in enumerate(names):
            y = top + position * (BOX_HEIGHT + ROW_GAP)
            boxes[name] = box_of(nodes[name], x, y, is_focus=name == focus)
    width = 2 * MARGIN + (max(rows, default=0) - first + 1) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP
    lines = tuple(
        line_of(edge, boxes[edge.source], boxes[edge.target])
        for edge in graph.edges
        if edge.source in boxes and edge.target in boxes
    )
    return GraphDrawing(width, height, tuple(boxes.values()), lines)


def columns_of(graph: Graph, focus: NodeId) -> dict[NodeId, int]:
    """The column of each node; the focus is in column 0."""
    known = {node.id for node in graph.nodes}
    columns = {focus: 0}
    frontier = [focus]
    while frontier:
        reached: list[NodeId] = []
        for edge in graph.edges:
            for end, other, step in ((edge.source, edge.target, 1), (edge.target, edge.source, -1)):
                if end in frontier and other not in columns and other in known:
                    columns[other] = columns[end] + step
                    reached.append(other)
        frontier = reached
    for node in known - set(columns):
        columns[node] = 0
    return columns


def rows_of(graph: Graph, columns: dict[NodeId, int]) -> dict[int, list[NodeId]]:
    """The nodes of each column from the top, near those that they are linked with."""
    linked: dict[NodeId, list[NodeId]] = {}
    for edge in graph.edges:
        linked.setdefault(edge.source, []).append(edge.target)
        linked.setdefault(edge.target, []).append(edge.source)
    rows: dict[int, list[NodeId]] = {}
    height: dict[NodeId, float] = {}
    for column in sorted(set(columns.values()), key=lambda one: (abs(one), one)):
        names = [name for name, at in columns.items() if at == column]
        keys = {}
        for name in names:
            near = [height[other] for other in linked.get(name, ()) if other in height]
            keys[name] = (sum(near) / len(near) if near else 0.0, ORDER[name.kind], name.name)
        rows[column] = sorted(names, key=keys.__getitem__)
        for position, name in enumerate(rows[column]):
            height[name] = position - (len(names) - 1) / 2
    return rows


def box_of(node: Node, x: int, y: int, *, is_focus: bool) -> Box:
    """A node as its box shows it; a schema's name is an address, whose end tells most."""
    title = node.id.name if node.id.kind is NodeKind.SCHEMA else node.title or node.id.name
    return Box(
        node, x, y, shortened(title, from_end=node.id.kind is NodeKind.SCHEMA), note_of(node), is_focus
    )


def note_of(node: Node) -> str:
    """The second line of a box."""
    parts = [node.id.kind.value, node.layer, node.owner]
    text = " · ".join(part for part in parts if part)
    return text if len(text) <= TITLE_CHARS_MAX + 8 else text[: TITLE_CHARS_MAX + 7] + "…"


def shortened(text: str, *, from_end: bool) -> str:
    """What fits into a box."""
    if len(text) <= TITLE_CHARS_MAX:
        return text
    return "…" + text[1 - TITLE_CHARS_MAX :] if from_end else text[: TITLE_CHARS_MAX - 1] + "…"


def line_of(edge: Edge, source: Box, target: Box) -> Line:
    """A curve from the source to the target, thicker for more calls."""
    start_y, end_y = source.y + BOX_HEIGHT // 2, target.y + BOX_HEIGHT // 2
    if source.x == target.x:
        x = source.x + BOX_WIDTH
        path = f"M{x} {start_y} C{x + 60} {start_y} {x + 60} {end_y} {x + 6} {end_y}"
        label_x = x + 36
    else:
        forward = source.x < target.x
        x = source.x + (BOX_WIDTH if forward else 0)
        end_x = target.x - 6 if forward else target.x + BOX_WIDTH + 6
        bend = (end_x - x) // 2
        path = f"M{x} {start_y} C{x + bend} {start_y} {end_x - bend} {end_y} {end_x} {end_y}"
        label_x = (x + end_x) // 2
    width = 1.5 if not edge.calls else min(STROKE_MAX, 1.5 + math.log10(edge.calls))
    return Line(edge, path, round(width, 1), label_of(edge), label_x, (start_y + end_y) // 2 - 4)


def label_of(edge: Edge) -> str:
    """Calls are counted; the other kinds are told by the way the line is drawn."""
    if edge.kind is not EdgeKind.CALLS:
        return ""
    return short_number(edge.calls or 0)


def short_number(number: int) -> str:
    """``950``, ``12.3k``, ``4.5M``."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.1f}".rstrip("0").rstrip(".") + name
    return str(number)
