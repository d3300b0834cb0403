"""Breaks the runtime on purpose, one mutant at a time, and checks that the soak detects it.

    mutants.py BUILD [SEEDS]     in BUILD/src and BUILD/build; exit 1 if a mutant survives

A mutant is a piece of the source and its replacement. The piece must occur exactly once, so that a mutant
cannot silently have no effect.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ["lib", "runtime", "provisioner", "templates", "tests", "CMakeLists.txt"]


@dataclass
class Mutant:
    name: str
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant(
        "a pause that one process alone knows",
        "runtime/pause.c",
        "    return any ? steal(all) : NULL;",
        "    return NULL && any ? steal(all) : NULL;",
    ),
    Mutant(
        "pauses of other processes not looked at",
        "runtime/pause.c",
        "        if (p->until_ms[i] < until_ms)\n            p->until_ms[i] = until_ms;\n    }",
        "    }",
    ),
    Mutant(
        "two of a group in one batch",
        "runtime/wave.c",
        ".open = taken && w->in_batches;",
        ".open = taken;",
    ),
    Mutant(
        "a group in two batches at a time",
        "runtime/wave.c",
        ".open = taken && w->in_batches;",
        ".open = (taken || it->state == ON_ITS_WAY) && w->in_batches;",
    ),
    Mutant(
        "an order that broke and is not counted",
        "runtime/ingest.c",
        "if (!wave_overtook(r->wave, b->items[k]))",
        "if (b->n > 0)",
    ),
    Mutant(
        "a lost answer taken for a yes",
        "runtime/queue.c",
        "results[i].outcome = queue_failure(&e);",
        "results[i].outcome = e.code == ERR_NET ? QUEUE_SENT : queue_failure(&e);",
    ),
    Mutant(
        "entries that failed ignored",
        "runtime/queue.c",
        "    r->outcome = QUEUE_AGAIN;",
        "    r->outcome = QUEUE_SENT;\n    return;",
    ),
    Mutant(
        "an entry that the answer leaves out taken for a yes",
        "runtime/queue.c",
        '(struct queue_result){ QUEUE_AGAIN, true, "the answer does not mention it" };',
        '(struct queue_result){ QUEUE_SENT, true, "" };',
    ),
    Mutant(
        "a new deduplication id with each try",
        "runtime/queue.c",
        '"MessageDeduplicationId", m->dedup, strlen(m->dedup));',
        '"MessageDeduplicationId", m->dedup, strlen(m->dedup) - (size_t)rand() % 9);',
    ),
    Mutant(
        "senders that wait are not told of the end",
        "runtime/ingest.c",
        "    (void)pthread_cond_broadcast(&r->work);",
        "    (void)r->work;",
    ),
    Mutant(
        "nobody waits for what is due later",
        "runtime/ingest.c",
        "    r->someone_sleeps = false;",
        "    r->someone_sleeps = true;",
    ),
    Mutant(
        "the last failed record named, not the first",
        "runtime/ingest.c",
        "sequence_compare(sequence, lowest) < 0",
        "sequence_compare(sequence, lowest) > 0",
    ),
    Mutant(
        "records that were taken are forgotten",
        "runtime/acked.c",
        "return a->slots[find(a, digest)] != 0;",
        "return a->slots[find(a, digest)] == UINT32_MAX;",
    ),
    Mutant(
        "deleted whatever the answer",
        "runtime/deliver.c",
        "return then == MESSAGE_DONE ? STEP_NEXT : STEP_END;",
        "return then == MESSAGE_DONE ? STEP_NEXT : group_delete(g);",
    ),
    Mutant(
        "5xx taken for a yes",
        "runtime/verdict.c",
        "return status >= 500 ? VERDICT_AGAIN : VERDICT_REFUSED;",
        "return status >= 500 ? VERDICT_TAKEN : VERDICT_REFUSED;",
    ),
    Mutant(
        "an answer that ends inside its head taken for a yes",
        "lib/http_head.c",
        "    if (!h->whole)\n",
        "    if (!h->status)\n",
    ),
    Mutant(
        "the first three digits of four taken for the status",
        "lib/http_head.c",
        "status < 100 || status > 599 || (n > 12 && s[12] != ' ')",
        "status < 100 || status > 599",
    ),
    Mutant(
        "two lengths taken for one",
        "lib/http_head.c",
        "h->sized && h->length != length",
        "h->sized && !h->length",
    ),
    Mutant(
        "an answer that ends inside its body taken for a yes",
        "lib/http_head.c",
        "body_len < h->length)",
        "body_len > h->length)",
    ),
    Mutant(
        "received after SIGTERM",
        "runtime/queue.c",
        ".timeout_ms = RECEIVE_TIMEOUT, .stop = ask->stop };",
        ".timeout_ms = RECEIVE_TIMEOUT, .stop = ask->stop && *ask->stop > 1 ? ask->stop : NULL };",
    ),
    Mutant(
        "calls that outlast the deadline",
        "lib/aws_call.c",
        "c->timeout_ms ? c->timeout_ms : (long)left_ms;",
        "c->timeout_ms ? c->timeout_ms : c->timeout_ms;",
    ),
    Mutant(
        "no lease check",
        "runtime/lease.c",
        "    if (head->lease_until_ms >= until_ms)\n        return true;\n    if (queue_hide",
        "    if (until_ms)\n        return true;\n    if (queue_hide",
    ),
    Mutant(
        "released, then sent",
        "runtime/deliver.c",
        "        message_put_back(r, m, delay_ms);\n        return GROUP_ENDS;",
        "        message_put_back(r, m, delay_ms);\n        return run_is_stopped(r) ? GROUP_ENDS : MESSAGE_CONTINUES;",
    ),
    Mutant(
        "on with the group after a failure",
        "runtime/loops.c",
        "while (g->at < g->n && deliver(g) == STEP_NEXT)",
        "while (g->at < g->n && deliver(g) <= STEP_END)",
    ),
    Mutant(
        "messages of one group side by side",
        "runtime/held.c",
        "return strcmp(g->messages[0]->group, name) == 0;",
        "return g->messages[0]->group == name;",
    ),
    Mutant(
        "a batch forgotten at the end",
        "runtime/held.c",
        "if ((b->states[i] != GROUP_WAITS && b->states[i] != GROUP_LEFT) ||",
        "if ((b->states[i] != GROUP_WAITS && b->states[i] != GROUP_LEFT) || b != h->batches ||",
    ),
    Mutant(
        "more messages than max_messages",
        "runtime/loops.c",
        "long most = l->most - l->run->counts.received;",
        "long most = l->most;",
    ),
    Mutant(
        "more groups than parallel_groups",
        "runtime/loops.c",
        "size_t width = (size_t)r->drain->settings->parallel_groups;",
        "size_t width = (size_t)r->drain->settings->parallel_groups + 1;",
    ),
    Mutant(
        "an end that nobody hears of",
        "runtime/loops.c",
        "        (void)pthread_cond_broadcast(&l->held->changed);\n",
        "",
    ),
    Mutant(
        "Retry-After not heeded",
        "runtime/verdict.c",
        "return status == 403 || status == 429 || status == 503;",
        "return status == 403 && status == 429;",
    ),
    Mutant(
        "refused keys taken for a refused message",
        "runtime/verdict.c",
        "{ 401, VERDICT_AUTH, VERDICT_AUTH },",
        "{ 401, VERDICT_REFUSED, VERDICT_REFUSED },",
    ),
    Mutant(
        "what destinations have is forgotten",
        "runtime/taken.c",
        "    return acked_has(t->acked, key);",
        "    return acked_has(t->acked, key) && !t->acked;",
    ),
    Mutant(
        "a rate that is not kept",
        "runtime/pace.c",
        "taken = p->interval_us == 0 || now_us >= p->next_us;",
        "taken = p->interval_us == 0 || now_us > 0;",
    ),
    Mutant(
        "a rate that each process keeps for itself",
        "runtime/turn.c",
        "*mine = !t->queue.url;",
        "*mine = !t->queue.url || !t->handle;",
    ),
    Mutant(
        "the turn taken, and a request at once",
        "runtime/turn.c",
        "        pace_rest(t->pace, clock_mono_ms());",
        "        (void)t->pace;",
    ),
    Mutant(
        "the turn given before a long interval is over",
        "runtime/turn.c",
        "hidden_ms(t) ? pace_next_ms(t->pace) - clock_mono_ms() : 0;",
        "hidden_ms(t) < 0 ? pace_next_ms(t->pace) - clock_mono_ms() : 0;",
    ),
    Mutant(
        "dead letters deleted, not kept",
        "runtime/reject.c",
        "if (send_dead(&d->dead, m, why, &result) == QUEUE_SENT) {",
        "if (send_dead(&d->dead, m, why, &result) != QUEUE_REFUSED) {",
    ),
]


def run(*command, **more):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def copy_sources(build):
    source = build / "src"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, copy_function=shutil.copy) # as new
        else:
            shutil.copy(ROOT / name, source / name)
    return source


def build_soak(source, build):
    if not (build / "build/build.ninja").exists():
        done = run("cmake", "-S", source, "-B", build / "build", "-G", "Ninja", "-DFIFOQ_ARCHS=", "-DCMAKE_BUILD_TYPE=Debug")
        if done.returncode:
            sys.exit(done.stdout)
    done = run("cmake", "--build", build / "build", "--target", "soak")
    if done.returncode:
        sys.exit(done.stdout[-3000:])
    return build / "build/tests/soak"


def first_violation(soak, seeds):
    """(seed, finding) of the first seed that fails; None if none does."""
    done = run(soak, "--stop", "1", str(seeds))
    found = re.search(r"^seed (\d+) +[\d.]+ +VIOLATION: (.*)$", done.stdout, re.MULTILINE)
    if found:
        return found.group(1), found.group(2)
    return None if done.returncode == 0 else ("?", done.stdout[-200:])


def main():
    build, seeds = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    source = copy_sources(build)
    if found := first_violation(build_soak(source, build), seeds):
        sys.exit(f"unbroken, seed {found[0]}: {found[1]}")
    print(f"unbroken: {seeds} seeds, no violation", flush=True)
    for m in MUTANTS:
        if (there := (source / m.file).read_text().count(m.old)) != 1:
            sys.exit(f"'{m.name}': its place in {m.file} is there {there} times")
    survived = 0
    for m in MUTANTS:
        file = source / m.file
        text = file.read_text()
        file.write_text(text.replace(m.old, m.new))
        found = first_violation(build_soak(source, build), seeds)
        file.write_text(text)
        survived += not found
        print(f"{m.name}: " + (f"seed {found[0]}: {found[1]}" if found else "SURVIVED"), flush=True)
    print(f"mutants: {len(MUTANTS)}, {len(MUTANTS) - survived} found, {survived} survived")
    sys.exit(survived > 0)


if __name__ == "__main__":
    main()
