"""Programs on terminals of their own."""

import errno
import os
import pty
import select
import struct
import termios
from fcntl import ioctl

PATIENCE_SECONDS = 100


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command, columns=80):
        self.output = b""
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
            os.execve(command[0], command, os.environ)  # execv would pass on the COLUMNS that readline sets

    def read(self):
        """More of what it writes; False at its end."""
        assert select.select([self._descriptor], [], [], PATIENCE_SECONDS)[0], self.output
        try:
            data = os.read(self._descriptor, 1 << 16)
        except OSError as error:  # Linux says so when the program has ended
            if error.errno != errno.EIO:
                raise
            data = b""
        self.output += data
        return bool(data)

    def read_until(self, text):
        """Everything up to a text, which may have been written before; what follows is kept for the next time."""
        while text not in self.output:
            assert self.read(), self.output
        read, self.output = self.output.split(text, 1)
        return read.decode(errors="replace").replace("\r\n", "\n")

    def type(self, keys):
        os.write(self._descriptor, keys)

    def mode(self):
        """The terminal's attributes, as `termios.tcgetattr` gives them."""
        return termios.tcgetattr(self._descriptor)

    def wait(self):
        """Read until the program has ended; gives its exit status. The terminal stays."""
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def end(self):
        """Read to the end; gives the exit status."""
        status = self.wait()
        os.close(self._descriptor)
        return status
