"""The fakes that the tests use: an emulated AWS behind a proxy, an HTTP API, a Lambda."""

# The one pair of credentials that the tests use; the secret is from AWS's own examples.
KEY_ID = "AKIDTEST"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
