"""Calls the submission several times, so that the way to this process and back weighs little in what is timed."""

import solution

TIMES = 8


def attention_often(q, k, v):
    """The result of the last of several calls, each with other queries."""
    for shift in range(TIMES):
        result = solution.attention(q + shift, k, v)
    return result


def heads_often(x, p, n_heads):
    """The result of the last of several calls, each with another x."""
    for shift in range(TIMES):
        out = solution.multi_head_attention(x + shift, p, n_heads)
    return out
