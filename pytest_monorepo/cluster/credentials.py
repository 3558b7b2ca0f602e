"""The certificates that Dask's configuration names here, looked at before anything is spoken to.

Without any Dask says that "TLS expects a `ssl_context` argument" (2026.8), and of a missing file not which.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from pytest_monorepo.errors import MonorepoError, one_line

_HOW = (
    "name them in Dask's configuration (~/.config/dask/*.yaml): distributed.comm.tls.ca-file, client.cert"
    " and client.key, see https://distributed.dask.org/en/stable/tls.html"
)


def check(word: str) -> None:
    """Raises :class:`MonorepoError` where the client could not show a certificate, or verify one."""
    dask: Any = importlib.import_module("distributed")
    security = dask.Security()
    named = {
        "ca-file": security.tls_ca_file,
        "client.cert": security.tls_client_cert,
        "client.key": security.tls_client_key,  # may stand in the certificate's own file
    }
    lacking = [name for name in ("ca-file", "client.cert") if not named[name]]
    if lacking:
        raise MonorepoError(f"--cluster {word}: no {' and no '.join(lacking)} of TLS is set here: {_HOW}")
    for name, value in named.items():
        if value and "\n" not in value and not os.path.isfile(value):  # else it is the certificate itself
            raise MonorepoError(f"--cluster {word}: {name} {value} is not there: {_HOW}")
    try:
        security.get_connection_args("client")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise MonorepoError(
            f"--cluster {word}: the certificates cannot be used: {one_line(error)}: {_HOW}"
        ) from None
