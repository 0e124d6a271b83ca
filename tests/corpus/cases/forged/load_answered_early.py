# What: says that it is loaded before it is.
# Verdict: missing function or crash or runtime error
import gc

from grader import messages
from grader.sandbox.worker import Worker

worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
worker._send(messages.Value(0, "cpu"))
