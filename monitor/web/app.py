"""All pages and what programs may ask, put together over a running service."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.pipeline.context import Context
from monitor.web.api import Api
from monitor.web.desk import Desk
from monitor.web.door import Door
from monitor.web.gate import Gate
from monitor.web.health import Health
from monitor.web.pages import page, style
from monitor.web.recipients import Recipients
from monitor.web.syndication import Syndication

_BOTH = ["GET", "POST"]


def app(context: Context) -> Starlette:
    """The pages over a running service's parts."""
    door = Door(context)
    gate = Gate(context, door)
    theme = context.config.theme

    async def nothing(_request: Request, _error: Exception) -> Response:
        return page("nothing", status=404, theme=theme)

    async def sheet(_: Request) -> Response:
        return style(theme)

    return Starlette(
        routes=[
            Route("/style.css", sheet),
            *_health(Health(context), door),
            *_recipients(Recipients(context)),
            *_desk(Desk(context, gate), gate),
            *_programs(Api(context, door), Syndication(context, door)),
        ],
        exception_handlers={404: nothing, 405: nothing},
    )


def _health(health: Health, door: Door) -> list[Route]:
    async def metrics(request: Request) -> Response:
        if door.visitor(request) or door.is_program(request):
            return await health.metrics(request)
        return Response("a token is missing\n", 401, media_type="text/plain")

    return [
        Route("/livez", health.livez),
        Route("/readyz", health.readyz),
        Route("/healthz", health.healthz),
        Route("/metrics", metrics),
    ]


def _recipients(site: Recipients) -> list[Route]:
    return [
        Route("/unsubscribe/{token}", site.of(site.unsubscribe), methods=_BOTH),
        Route("/subscription/{token}", site.of(site.subscription), methods=_BOTH),
        Route("/story/{story}/{token}", site.of(site.story), methods=_BOTH),
        Route("/digest/{digest}/{token}", site.of(site.digest)),
    ]


def _desk(desk: Desk, gate: Gate) -> list[Route]:
    return [
        Route("/", gate.of(desk.overview)),
        Route("/login", gate.login, methods=_BOTH),
        Route("/logout", gate.acting(gate.logout), methods=["POST"]),
        Route("/matches", gate.of(desk.matches)),
        Route("/stories/{story}", gate.of(desk.story)),
        Route("/feeds", gate.of(desk.feeds)),
        Route("/feeds", gate.acting(desk.change_feed), methods=["POST"]),
        Route("/deliveries", gate.of(desk.deliveries)),
        Route("/deliveries", gate.acting(desk.change_delivery), methods=["POST"]),
        Route("/rules", gate.of(desk.rules)),
        Route("/rules", gate.acting(desk.rules), methods=["POST"]),
        Route("/subscribers", gate.of(desk.subscribers)),
        Route("/subscribers", gate.acting(desk.change_subscriber), methods=["POST"]),
        Route("/preview/{name}", gate.of(desk.preview)),
    ]


def _programs(api: Api, syndication: Syndication) -> list[Route]:
    return [
        Route("/api/v1/matches", api.of(api.matches)),
        Route("/api/v1/rules", api.of(api.rules)),
        Route("/api/v1/feeds", api.of(api.feeds)),
        Route("/api/v1/deliveries", api.of(api.deliveries)),
        Route("/api/v1/openapi.json", api.openapi),
        Route("/out/{kind}/{name}/{token}/{form}", syndication.give),
    ]
