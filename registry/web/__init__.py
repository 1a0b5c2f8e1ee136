"""The registry over HTTP: the API by Connexion from its contract, the authorization server by Authlib."""

import warnings

with warnings.catch_warnings():
    # Connexion imports Starlette's test client and a deprecated part of jsonschema; neither is used here.
    warnings.simplefilter("ignore")
    import connexion as _connexion  # noqa: F401
