"""fifoq on a difficult AWS (fakes/hard): whatever it does, all ends as on an easy one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from difficult import Place, story

from fakes import hard

SIDE_BY_SIDE = 4
STEPS = ("up", "again", "change", "plan", "down")

# Each behaviour alone, and all of them together with several seeds.
WORLDS = {
    "easy": lambda: [],
    "roles-later": lambda: [hard.RolesLater(times=2)],
    "functions-settle": lambda: [hard.FunctionsSettle(looks=2)],
    "mappings-settle": lambda: [hard.MappingsSettle(looks=2)],
    "stale-reads": lambda: [hard.StaleReads(reads=2)],
    "unknown-at-first": lambda: [hard.UnknownAtFirst(times=2)],
    "throttles": lambda: [hard.Throttles(seed=3, share=0.5)],
    "weather": lambda: [hard.Weather(seed=4, share=0.5)],
    "clock-ahead": lambda: [hard.Clock(skew_s=1200)],
    "clock-behind": lambda: [hard.Clock(skew_s=-1200)],
    "one-per-page": lambda: [hard.OnePerPage()],
    "empty-pages": lambda: [hard.OnePerPage(empty_first=True)],
    "together-1": lambda: hard.everything(seed=1),
    "together-2": lambda: hard.everything(seed=2),
    "together-3": lambda: hard.everything(seed=3),
}


@pytest.fixture(scope="module")
def stories(moto_server, tmp_path_factory):
    """The future of each world's story, side by side."""
    moto_server.reset()
    folder = tmp_path_factory.mktemp("hard")

    def tell(name):
        account = f"{200000000000 + list(WORLDS).index(name)}"
        with Place(moto_server, folder / name, account, WORLDS[name]()) as place:
            return story(place)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(tell, name) for name in WORLDS}


@pytest.mark.parametrize("name", [name for name in WORLDS if name != "easy"])
def test_it_ends_as_on_an_easy_aws(stories, name):
    easy, told = stories["easy"].result(), stories[name].result()
    for step in STEPS:
        assert told[step].result.code == 0, f"{step}:\n{told[step].result.text}"
        assert told[step].real == easy[step].real, step
