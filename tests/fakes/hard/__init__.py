"""A difficult AWS: what the real one does and moto does not, layer by layer.

A layer stands between the requests and moto and lives in a Proxy. One behaviour, or all of them:

    hard.switch_on(proxy, hard.StaleReads(reads=2))
    hard.switch_on(proxy, *hard.everything(seed=7))
    proxy.layers.clear()                            # easy again

The first layer is the outermost, the first to see a request and the last to see its answer;
everything() has them in an order that makes sense.

    Clock           its clock is off; signatures of our time are refused
    Throttles       a storm of throttling, each service in its own words
    Limit           so many requests a second, and no more
    Rates           each API's own rate, as far as it is known
    Weather         500 without a body, 503, pages of HTML, resets, answers cut short, slow answers
    StaleReads      reads show the state before a write
    UnknownAtFirst  what was just made is not known yet to the next calls
    ParameterNames  nor is a parameter's
    QueuesLinger    a deleted queue is still shown for a while
    RolesLater      a role that was just made cannot be assumed yet
    QueueNames      a name is not free again at once after a queue's deletion
    FunctionsSettle functions are Pending, updates are InProgress, and either may fail
    MappingsSettle  mappings are Creating, Updating, Disabling, Deleting
    OneWriteAtATime overlapping writes to one function are refused, or lost
    FunctionsBusy   others write to the functions, too
    DeletionsLag    a thing cannot be deleted yet: what was taken off it still shows
    FailedEntries   targets are refused in an answer that is a success
    StreamsLater    a new stream and a new function are not known to who makes the mapping
    LogRetention    an account-level policy decides how long logs are kept
    DemandsBoundary, DemandsTags, KeepsTags   what an organisation denies
    OnePerPage      every list comes one entry a page

Nothing waits: "some seconds" are a number of requests, so that a test only takes as long as the
client's own patience; settle() of a layer says that time has passed. What is left to chance depends on the seed and on the request itself, never
on the order in which requests arrive.

A layer is a callable that takes the exchange and go_on, and answers a wire.Response, or None for a
connection that breaks. go_on() is the answer of the layers below, go_on(request) theirs to another
request.
"""

from fakes.hard.accounts import LogRetention
from fakes.hard.base import Layer, switch_on
from fakes.hard.network import Clock, Limit, Throttles, Weather
from fakes.hard.organisation import DemandsBoundary, DemandsTags, KeepsTags
from fakes.hard.pages import OnePerPage
from fakes.hard.rates import Rates
from fakes.hard.stale import QueuesLinger, StaleReads, UnknownAtFirst
from fakes.hard.states import (
    FunctionsSettle,
    MappingsSettle,
    ParameterNames,
    QueueNames,
    RolesLater,
)
from fakes.hard.writes import (
    DeletionsLag,
    FailedEntries,
    FunctionsBusy,
    OneWriteAtATime,
    StreamsLater,
)

__all__ = [
    "Clock", "DeletionsLag", "DemandsBoundary", "DemandsTags", "FailedEntries", "FunctionsBusy",
    "FunctionsSettle", "KeepsTags", "Layer", "Limit", "LogRetention", "MappingsSettle",
    "OnePerPage", "OneWriteAtATime", "ParameterNames", "QueueNames", "QueuesLinger", "Rates",
    "RolesLater", "StaleReads", "StreamsLater", "Throttles", "UnknownAtFirst", "Weather",
    "an_organisation", "everything", "switch_on",
]  # fmt: skip


def everything(seed):
    """All of them, in a mixture that a client with three attempts a call gets through."""
    return [
        Clock(skew_s=1200 if seed % 2 else -1200),
        Throttles(seed, share=0.15),
        Weather(seed, share=0.15),
        StaleReads(reads=1),
        UnknownAtFirst(times=1),
        RolesLater(times=1),
        QueueNames(times=1),
        FunctionsSettle(looks=1),
        MappingsSettle(looks=1),
        FunctionsBusy(times=1),
        DeletionsLag(times=1),
        StreamsLater(times=1),
        FailedEntries(times=1),
        OnePerPage(),
    ]


def an_organisation():
    """An account with rules of its own, and AWS's rates: to be put on top of everything()."""
    return [DemandsBoundary(), DemandsTags("team"), LogRetention(days=90), Rates()]
