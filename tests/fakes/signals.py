"""Restores Ctrl-C if the parent ignores it (nohup, a background job of sh): all child processes
would inherit that, and tests send it."""

import signal


def heed_interrupts():
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
