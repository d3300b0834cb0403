"""The stand-ins that the tests talk to: an emulated AWS behind a proxy, an HTTP API, a Lambda."""
