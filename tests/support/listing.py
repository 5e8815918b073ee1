"""Run the article's own listing under `tensorflow.compat.v1` and print its graph as JSON.

    python tests/support/listing.py ARTICLE > tests/golden/article_graph.json

ARTICLE is the article's text, with the listing in its one ```python block. Training is left out:
the epochs are cut to none, the graph is all that matters here.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any


def nodes(graph_def: Any) -> dict[str, dict[str, Any]]:
    """Return name -> op, inputs, attributes of a GraphDef; the seeds of random ops are left out."""
    from google.protobuf import text_format

    return {
        node.name: {
            "op": node.op,
            "input": list(node.input),
            "attr": {
                key: text_format.MessageToString(value, as_one_line=True)
                for key, value in sorted(node.attr.items())
                if key not in ("seed", "seed2")
            },
        }
        for node in graph_def.node
    }


def listing_graph(article: str) -> dict[str, dict[str, Any]]:
    """Execute the listing in this process, which it changes for good, and return its nodes."""
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    block = re.search(r"```python\n(.*?)```", article, re.DOTALL)
    assert block, "no ```python block in the article"
    code = block.group(1).replace("import tensorflow as tf", "")
    exec(code, {"tf": tf, "range": lambda epochs: ()})
    return nodes(tf.get_default_graph().as_graph_def())


if __name__ == "__main__":
    graph = listing_graph(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump(graph, sys.stdout, indent=0)
    print()
