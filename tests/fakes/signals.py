"""Ctrl-C where whoever started us ignores it (nohup, a job in the background of sh): all that we
start would inherit that, and tests send it."""

import signal


def heed_interrupts():
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
