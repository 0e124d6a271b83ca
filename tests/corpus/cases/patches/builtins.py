# What: replaces built-in functions.
# Verdict: wrong answer or crash or runtime error or bad return type
import builtins

builtins.isinstance = lambda *args: True
builtins.all = builtins.any = lambda *args: True


def softmax(x):
    return x * 0.0
