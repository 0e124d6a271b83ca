"""What the options of several commands mean; imports nothing heavy."""

import random

import click

from grader.seeds import SEEDS


def complete_slug_later(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """As `talk.complete_slug`, imported when it is asked for."""
    from grader.cli.talk import complete_slug

    return complete_slug(context, parameter, begun)


def checked_seed(_context: click.Context, _parameter: click.Parameter, seed: int | None) -> int | None:
    """Refuse a seed that no generator takes."""
    if seed is not None and not 0 <= seed < SEEDS:
        raise click.BadParameter(f"{seed} is not between 0 and {SEEDS - 1}")
    return seed


def seed_or_another(seed: int | None) -> int:
    """The seed that was asked for, or one that nobody knows before."""
    return random.randrange(SEEDS) if seed is None else seed
