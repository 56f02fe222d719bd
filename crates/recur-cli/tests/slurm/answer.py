"""Runs a program on a terminal of its own: python3 answer.py PART ANSWER PROGRAM ...

When PART is shown, Ctrl-C is pressed, and ANSWER is given to the question that follows. All that was shown is printed. The exit code is
that of the program.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

# Seconds that anything may take.
PATIENCE = 120


def read(terminal, shown, part):
    """Reads until `part` is shown, or to the end where it is None."""
    end = time.monotonic() + PATIENCE
    while part is None or part not in shown:
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"{part} never came: {bytes(shown).decode(errors='replace')}")
        try:
            some = os.read(terminal, 1 << 16)
        except OSError:
            # So Linux says that the program has ended.
            some = b""
        if not some:
            if part is None:
                return
            sys.exit(f"it ended without {part}: {bytes(shown).decode(errors='replace')}")
        shown += some


def main():
    part, answer, *command = sys.argv[1:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    shown = bytearray()
    read(terminal, shown, part.encode())
    os.write(terminal, b"\x03")
    read(terminal, shown, b"[y/N] ")
    os.write(terminal, answer.encode() + b"\n")
    read(terminal, shown, None)
    print(bytes(shown).decode(errors="replace"))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
