"""The judge of practice: it runs hidden suites against submissions and says what is wrong."""

__version__ = "0.1.0"
