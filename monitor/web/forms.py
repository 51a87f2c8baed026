"""Read small forms."""

from urllib.parse import parse_qs

from starlette.requests import Request

_MAX_BODY = 64 * 1_024


async def form(request: Request) -> dict[str, str]:
    """The fields of a form, the first value of each; what is too much is cut."""
    body = b""
    async for chunk in request.stream():
        body += chunk[: _MAX_BODY - len(body)]
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:  # too many of them
        return {}
    return {name: values[0] for name, values in fields.items()}
