"""Tables on the screen, all of one look."""

from rich import box
from rich.table import Table


def ruled(first: str, *others: str, whole: bool = True) -> Table:
    """Return a table without rows: a rule below its headings, numbers to the right.

    `whole`: nothing in it is broken, however narrow the screen is.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=whole)
    return table
