# What: writes conftest.py and numpy.py wherever it may above itself.
# Verdict: wrong answer
# Leaves at process: file
import os

folder = os.getcwd()
while folder != "/":
    folder = os.path.dirname(folder)
    for name in ("conftest.py", "numpy.py"):
        path = os.path.join(folder, name)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except OSError:
            continue
        os.write(descriptor, b"import os; os._exit(0)")
        os.close(descriptor)
        if folder == "/tmp" or not folder.startswith("/tmp/practice-"):
            os.remove(path)  # not what this case is about, and others work there


def softmax(x):
    return x * 0.0
