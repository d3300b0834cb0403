"""A difficult AWS: what the real one does and moto does not, layer by layer.

A layer of a Proxy is between the requests and moto. One behaviour, or all of them:

    hard.switch_on(proxy, hard.StaleReads(reads=2))
    hard.switch_on(proxy, *hard.everything(seed=7))
    proxy.layers.clear()                            # easy again

The first layer is the outermost: it gets a request first and its answer last.
everything() has them in a sensible order.

    Clock           its clock is wrong; signatures of the real time are refused
    Throttles       a storm of throttling, in each service's format
    Limit           a maximum number of requests a second
    Rates           each API's own rate, as far as it is known
    Weather         500 without a body, 503, pages of HTML, resets, answers cut short, slow answers
    StaleReads      reads show the state before a write
    UnknownAtFirst  a new resource is not visible yet to the next calls
    QueuesLinger    a deleted queue is still shown for a while
    RolesLater      a new role cannot be assumed yet
    QueueNames      a name is unavailable for a while after a queue's deletion
    ParameterNames  the same for a parameter
    FunctionsSettle functions are Pending, updates are InProgress, and either may fail
    MappingsSettle  mappings are Creating, Updating, Disabling, Deleting
    OneWriteAtATime overlapping writes to one function are refused, or lost
    FunctionsBusy   others write to the functions, too
    DeletionsLag    a resource cannot be deleted yet: its removed parts are still visible
    FailedEntries   targets are refused in an answer that is a success
    StreamsLater    a new stream and a new function are unknown to CreateEventSourceMapping
    LogRetention    an account-level policy decides how long logs are kept
    DemandsBoundary, DemandsTags, KeepsTags   what an organisation denies
    OnePerPage      every list returns one entry a page

Nothing waits: "some seconds" are a number of requests, so that a test takes only as long as the
client's own waits; settle() of a layer says that time has passed. Random choices depend on the seed
and on the request itself, never on the order in which requests arrive.

A layer is a callable that gets the exchange and go_on, and returns a wire.Response, or None for a
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
    """All of them, at rates that a client with three attempts a call survives."""
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
    """An account's own rules, and AWS's rates: to be added on top of everything()."""
    return [DemandsBoundary(), DemandsTags("team"), LogRetention(days=90), Rates()]
